package org.tailjar.filter;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.tailjar.fuzz.FuzzTarget;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.IpPrefix;
import org.tailjar.packet.PacketTargets;

/** Rules of the server, and the packets that they judge. */
public final class FilterTargets {

  private static final FlowTable FLOWS = new FlowTable();
  private static final List<IpPrefix> LOCAL =
      List.of(IpPrefix.parse("100.64.0.2/32"), IpPrefix.parse("::1/128"));
  private static final PacketFilter OPEN =
      PacketFilter.compile(List.of(FilterRule.ALLOW_ALL), LOCAL);
  private static final PacketFilter NARROW =
      PacketFilter.compile(
          List.of(
              FilterRule.parse(
                  List.of("100.64.0.0/10", "fd00::-fd00::ff"),
                  List.of(FilterRule.Destination.parse("*", 80, 443)),
                  Set.of(6, 132))),
          LOCAL);

  private FilterTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    return List.of(
        new FuzzTarget("address-range", FilterTargets::rangeSeeds, FilterTargets::range),
        new FuzzTarget("packet-filter", PacketTargets::packetSeeds, FilterTargets::packet));
  }

  private static List<byte[]> rangeSeeds() {
    return Stream.of("*", "10.0.0.0/8", "100.64.0.1-100.64.0.9", "::/0", "fd00::1-fd00::ff")
        .map(text -> text.getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  private static void range(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    try {
      check(AddressRange.parse(text).size() <= 2, "more than two ranges");
      FilterRule rule =
          FilterRule.parse(
              List.of(text), List.of(FilterRule.Destination.parse(text, 0, 65_535)), Set.of());
      PacketFilter.compile(List.of(rule), LOCAL);
    } catch (IllegalArgumentException e) {
      // As promised.
    }
  }

  private static void packet(byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(bytes.length);
      MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
      IpPacket ip = new IpPacket();
      if (!ip.wrap(memory, 0, bytes.length)) {
        return;
      }
      check(!PacketFilter.denyAll().inbound(ip, FLOWS), "let in by no rule");
      boolean open = OPEN.inbound(ip, FLOWS);
      boolean narrow = NARROW.inbound(ip, FLOWS);
      boolean local =
          LOCAL.stream().anyMatch(net -> net.contains(ip.destinationHigh(), ip.destinationLow()));
      check(local || !open, "let in for somebody else");
      check(open || !narrow || !FilterRule.DEFAULT_PROTOCOLS.contains(ip.protocol()), "narrower");
      NARROW.outbound(ip, FLOWS);
      check(FLOWS.size() <= FlowTable.CAPACITY, "the flow table grows");
    }
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
