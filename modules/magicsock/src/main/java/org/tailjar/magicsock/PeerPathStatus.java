package org.tailjar.magicsock;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * How a peer is reached now.
 *
 * @param direct the address that packets go to by UDP; empty while they go by the relay alone
 * @param trusted whether that address answered a few seconds ago, so that the relay is not used
 * @param relayCode short name of the region it is relayed by; empty when there is none
 * @param latency round trip to {@code direct}
 * @param sinceLastSend since a packet was last sent to it; empty if none was
 */
public record PeerPathStatus(
    Optional<InetSocketAddress> direct,
    boolean trusted,
    String relayCode,
    Optional<Duration> latency,
    Optional<Duration> sinceLastSend) {

  PeerPathStatus withSinceLastSend(Duration time) {
    return new PeerPathStatus(direct, trusted, relayCode, latency, Optional.of(time));
  }
}
