package org.tailjar.wireguard;

import java.time.Duration;

/**
 * What became of the handshake messages that came in, since the start. A snapshot, see {@link
 * WireGuard#handshakeCounters()}.
 *
 * @param forged their first MAC was not made for our key
 * @param cookieReplies answered with a cookie, since we were under load
 * @param limited dropped under load: their source, or all sources together, sent too many
 * @param admitted worth a Diffie-Hellman computation
 * @param authentic admitted, and accepted from a peer that proved its key; the others were
 *     replayed, forged in their inner part, or from strangers
 * @param work how long the first RX thread was kept by those admitted
 */
public record HandshakeCounters(
    long forged, long cookieReplies, long limited, long admitted, long authentic, Duration work) {}
