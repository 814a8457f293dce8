package org.tailjar.tailnet;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the node last measured of the network under it, by STUN to the relays of the tailnet.
 *
 * @param at when the measurement ended
 * @param seen where relays saw this node, the fastest answer first; empty when none answered by UDP
 * @param ipv6Works whether one answered over IPv6
 * @param ipv6Possible whether the system has IPv6
 * @param mappingVaries whether the NAT gives this node another port for each destination; empty
 *     when not known
 * @param homeRegion number of the home region, 0 for none
 * @param latencies round trip to each region, by region number, as last measured
 */
public record NetworkCheck(
    Instant at,
    List<InetSocketAddress> seen,
    boolean ipv6Works,
    boolean ipv6Possible,
    Optional<Boolean> mappingVaries,
    int homeRegion,
    Map<Integer, Duration> latencies) {

  /** Copies the collections. */
  public NetworkCheck {
    seen = List.copyOf(seen);
    latencies = Map.copyOf(latencies);
  }

  /** Whether a relay answered by UDP. */
  public boolean udpWorks() {
    return !seen.isEmpty();
  }
}
