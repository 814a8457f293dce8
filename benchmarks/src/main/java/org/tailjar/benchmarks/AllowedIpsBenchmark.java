package org.tailjar.benchmarks;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.tailjar.packet.IpPrefix;
import org.tailjar.wireguard.AllowedIps;

/** Finding the peer of an address among many, and making the table anew. */
public class AllowedIpsBenchmark extends SteadyState {

  /** Prefixes in the table: each peer has one of each family. */
  @Param({"10", "10000"})
  private int prefixes = 10;

  private final Map<IpPrefix, Integer> byPrefix = new HashMap<>();
  private AllowedIps<Integer> table = AllowedIps.of(Map.of());
  private int next;

  /** Gives each peer an address of the tailnet in both families. */
  @Setup
  public void fill() {
    for (int i = 0; i < prefixes / 2; i++) {
      byPrefix.put(
          IpPrefix.parse("100.%d.%d.%d/32".formatted(64 + (i >> 16), i >> 8 & 255, i & 255)), i);
      byPrefix.put(IpPrefix.parse("fd7a:115c:a1e0::%x/128".formatted(i)), i);
    }
    table = AllowedIps.of(byPrefix);
  }

  /** One look-up, each time of another peer. */
  @Benchmark
  public @Nullable Integer lookup() {
    int peer = next++ % (prefixes / 2);
    return table.lookup(0, 0x0000_ffff_6440_0000L + peer);
  }

  /** Making the table, as a new network map does. */
  @Benchmark
  public AllowedIps<Integer> make() {
    return AllowedIps.of(byPrefix);
  }
}
