package org.tailjar.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.tailjar.filter.FilterRule;
import org.tailjar.filter.FlowTable;
import org.tailjar.filter.PacketFilter;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.IpPrefix;

/** The packet filter for one TCP packet: of a new connection, and of one that is open. */
public class PacketFilterBenchmark extends SteadyState {

  private static final int SYN_FLAGS = 0x02;

  /** Rules, of which only the last lets the packet in. */
  @Param({"1", "100", "1000"})
  private int rules = 1;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory = arena.allocate(2 * 1280, 64);
  private final IpPacket packet = new IpPacket();
  private final FlowTable flows = new FlowTable();
  private PacketFilter filter = PacketFilter.denyAll();

  /** Makes the rules and the packets. */
  @Setup
  public void prepare() {
    List<FilterRule> list = new ArrayList<>();
    for (int i = 1; i < rules; i++) {
      list.add(rule("100.80.%d.%d".formatted(i >> 8, i & 255), 443));
    }
    list.add(rule("100.64.0.1", 443));
    filter = PacketFilter.compile(list, List.of(IpPrefix.parse("100.64.0.2/32")));
    Segments.write(memory, 0, 1228, 1);
    Segments.write(memory, 1280, 0, 1);
    memory.set(ValueLayout.JAVA_BYTE, 1280 + 33, (byte) SYN_FLAGS);
    packet.wrap(memory, 1280, 52);
    if (!filter.inbound(packet, flows)) {
      throw new IllegalStateException("the rule does not match");
    }
  }

  private static FilterRule rule(String source, int port) {
    return FilterRule.parse(
        List.of(source),
        List.of(FilterRule.Destination.parse("100.64.0.2", port, port)),
        FilterRule.DEFAULT_PROTOCOLS);
  }

  /** Frees the packets. */
  @TearDown
  public void free() {
    arena.close();
  }

  /** The first packet of a connection. */
  @Benchmark
  public boolean connect() {
    packet.wrap(memory, 1280, 52);
    return filter.inbound(packet, flows);
  }

  /** Any other packet of it. */
  @Benchmark
  public boolean data() {
    packet.wrap(memory, 0, 1280);
    return filter.inbound(packet, flows);
  }
}
