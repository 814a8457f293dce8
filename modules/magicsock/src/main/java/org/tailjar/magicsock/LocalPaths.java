package org.tailjar.magicsock;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How this node can be reached, as it tells the control server.
 *
 * @param endpoints in the order of their worth
 * @param homeRegion the DERP region to reach it by; 0 for none
 * @param latencies round trip to each region, by region number, as last measured
 * @param udpWorks whether a STUN server answered
 * @param ipv6Works whether one answered over IPv6
 * @param mappingVaries whether its NAT gives it another port for each destination; empty when not
 *     known
 * @param measured empty until the first round that had a relay to ask has ended
 */
public record LocalPaths(
    List<LocalEndpoint> endpoints,
    int homeRegion,
    Map<Integer, Duration> latencies,
    boolean udpWorks,
    boolean ipv6Works,
    Optional<Boolean> mappingVaries,
    Optional<Measured> measured) {

  /**
   * A round of STUN.
   *
   * @param at when it ended
   * @param seen where servers saw this node, the fastest answer first; empty when none answered
   * @param ipv6Socket whether the system let this node have a socket of IPv6
   */
  public record Measured(Instant at, List<InetSocketAddress> seen, boolean ipv6Socket) {
    /** Copies the collection. */
    public Measured {
      seen = List.copyOf(seen);
    }
  }

  /** Nothing known yet. */
  public static final LocalPaths NONE =
      new LocalPaths(List.of(), 0, Map.of(), false, false, Optional.empty(), Optional.empty());

  /** Copies the collections. */
  public LocalPaths {
    endpoints = List.copyOf(endpoints);
    latencies = Map.copyOf(latencies);
  }

  /** Whether the control server is to be told: all but latencies and measurement counts. */
  boolean differsFrom(LocalPaths other) {
    return !endpoints.equals(other.endpoints)
        || homeRegion != other.homeRegion
        || udpWorks != other.udpWorks
        || ipv6Works != other.ipv6Works
        || !mappingVaries.equals(other.mappingVaries);
  }

  LocalPaths withEndpoints(List<LocalEndpoint> newEndpoints) {
    return new LocalPaths(
        newEndpoints, homeRegion, latencies, udpWorks, ipv6Works, mappingVaries, measured);
  }

  LocalPaths withHome(int newHomeRegion) {
    return new LocalPaths(
        endpoints, newHomeRegion, latencies, udpWorks, ipv6Works, mappingVaries, measured);
  }
}
