package org.tailjar.magicsock;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How this node can be reached, as it tells the control server.
 *
 * @param endpoints in the order of their worth
 * @param homeRegion the DERP region to reach it by; 0 for none
 * @param latencies round trip to each region that was measured, by region number
 * @param udpWorks whether a STUN server answered
 * @param ipv6Works whether one answered over IPv6
 * @param mappingVaries whether its NAT gives it another port for each destination; empty when not
 *     known
 */
public record LocalPaths(
    List<LocalEndpoint> endpoints,
    int homeRegion,
    Map<Integer, Duration> latencies,
    boolean udpWorks,
    boolean ipv6Works,
    Optional<Boolean> mappingVaries) {

  /** Nothing known yet. */
  public static final LocalPaths NONE =
      new LocalPaths(List.of(), 0, Map.of(), false, false, Optional.empty());

  /** Copies the collections. */
  public LocalPaths {
    endpoints = List.copyOf(endpoints);
    latencies = Map.copyOf(latencies);
  }

  /** Whether the control server is to be told: all but the latencies counts. */
  boolean differsFrom(LocalPaths other) {
    return !endpoints.equals(other.endpoints)
        || homeRegion != other.homeRegion
        || udpWorks != other.udpWorks
        || ipv6Works != other.ipv6Works
        || !mappingVaries.equals(other.mappingVaries);
  }
}
