package org.tailjar.magicsock;

/**
 * What was lost on the way, since the start.
 *
 * @param notSent sends that the kernel refused: no route, a firewall, no room
 * @param relayInputFull packets from relays that came faster than they were taken
 * @param unknown datagrams that were of no known kind
 */
public record PathLosses(long notSent, long relayInputFull, long unknown) {}
