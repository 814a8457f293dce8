package org.tailjar.magicsock;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one round of STUN found.
 *
 * @param latencies best round trip by region number
 * @param mapped where servers saw this node, each address once, the fastest answer first
 * @param ipv6Works whether a server answered over IPv6
 * @param mappingVaries whether two servers saw different IPv4 addresses or ports; empty when fewer
 *     than two answered
 */
record StunReport(
    Map<Integer, Duration> latencies,
    List<InetSocketAddress> mapped,
    boolean ipv6Works,
    Optional<Boolean> mappingVaries) {

  StunReport {
    latencies = Map.copyOf(latencies);
    mapped = List.copyOf(mapped);
  }

  boolean udpWorks() {
    return !mapped.isEmpty();
  }
}
