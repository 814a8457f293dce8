package org.tailjar.magicsock;

import java.net.InetSocketAddress;
import java.time.Duration;

/** What became of a DISCO ping. */
public sealed interface PathPing {

  /**
   * The peer answered by UDP.
   *
   * @param endpoint the address that was pinged
   * @param latency round trip
   */
  record Direct(InetSocketAddress endpoint, Duration latency) implements PathPing {}

  /**
   * The peer answered by a relay.
   *
   * @param regionId number of the region
   * @param regionCode short name of the region
   * @param latency round trip
   */
  record Relayed(int regionId, String regionCode, Duration latency) implements PathPing {}

  /** The peer did not answer in time, or there was no path to send by. */
  record NoAnswer() implements PathPing {}

  /** The peer is not in the network map, or does no DISCO. */
  record UnknownPeer() implements PathPing {}
}
