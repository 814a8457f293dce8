package org.tailjar.packet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tailjar.fuzz.FuzzTarget;
import org.tailjar.fuzz.Input;

/** IP packets of peers and of the TUN device. */
public final class PacketTargets {

  private static final SuperPacket BUFFER = new SuperPacket(Arena.global());

  private PacketTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    return List.of(
        new FuzzTarget("ip-packet", PacketTargets::packetSeeds, PacketTargets::packet),
        new FuzzTarget("segmenter", PacketTargets::segmenterSeeds, PacketTargets::segmenter),
        new FuzzTarget("coalescer", PacketTargets::coalescerSeeds, PacketTargets::coalescer),
        new FuzzTarget("ip-prefix", PacketTargets::prefixSeeds, PacketTargets::prefix));
  }

  private static byte[] ipv4(int protocol, byte[] transport) {
    byte[] packet =
        ByteBuffer.allocate(20 + transport.length)
            .put((byte) 0x45)
            .put((byte) 0)
            .putShort((short) (20 + transport.length))
            .putInt(0x4000)
            .put((byte) 64)
            .put((byte) protocol)
            .putShort((short) 0)
            .putInt(0x64400001)
            .putInt(0x64400002)
            .put(transport)
            .array();
    return complete(packet);
  }

  private static byte[] ipv6(int protocol, byte[] transport) {
    byte[] packet =
        ByteBuffer.allocate(40 + transport.length)
            .putInt(0x60000000)
            .putShort((short) transport.length)
            .put((byte) protocol)
            .put((byte) 64)
            .put(new byte[31])
            .put((byte) 1)
            .put(transport)
            .array();
    return complete(packet);
  }

  private static byte[] tcp(int sequence, int payload) {
    return ByteBuffer.allocate(20 + payload)
        .putShort((short) 80)
        .putShort((short) 4000)
        .putInt(sequence)
        .putInt(7)
        .put((byte) 0x50)
        .put((byte) IpPacket.ACK)
        .putShort((short) 1000)
        .array();
  }

  private static byte[] udp(int payload) {
    return ByteBuffer.allocate(8 + payload)
        .putShort((short) 53)
        .putShort((short) 4000)
        .putShort((short) (8 + payload))
        .array();
  }

  /** IPv4, IPv6, fragments and extension headers. */
  public static List<byte[]> packetSeeds() {
    byte[] fragment = ipv4(IpPacket.UDP, udp(40));
    fragment[6] = 0x20;
    byte[] extended = ByteBuffer.allocate(16 + 28).put((byte) 44).array();
    extended[8] = IpPacket.TCP;
    System.arraycopy(tcp(1, 8), 0, extended, 16, 28);
    return List.of(
        ipv4(IpPacket.TCP, tcp(1, 10)),
        ipv4(IpPacket.UDP, udp(10)),
        ipv4(IpPacket.ICMP, new byte[] {8, 0, 0, 0, 0, 1, 0, 1}),
        fragment,
        ipv6(IpPacket.TCP, tcp(1, 10)),
        ipv6(IpPacket.UDP, udp(10)),
        ipv6(0, extended));
  }

  /** Reads all that can be read of a packet, in memory that ends where it does. */
  private static void packet(byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = memory(arena, bytes);
      IpPacket ip = new IpPacket();
      if (!ip.wrap(memory, 0, bytes.length)) {
        return;
      }
      check(ip.totalLength() <= bytes.length, "longer than it came");
      check(ip.headerLength() <= ip.totalLength(), "more header than packet");
      check(ip.version() == 4 || ip.version() == 6, "another version");
      ip.isFragment();
      ip.isFirstFragment();
      if (ip.hasTransportHeader()) {
        switch (ip.protocol()) {
          case IpPacket.TCP -> ip.tcpFlags();
          case IpPacket.ICMP, IpPacket.ICMPV6 -> ip.icmpType();
          default -> {}
        }
        if (Set.of(IpPacket.TCP, IpPacket.UDP, IpPacket.SCTP).contains(ip.protocol())) {
          ip.sourcePort();
          ip.destinationPort();
        }
      }
    }
  }

  private static List<byte[]> segmenterSeeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      int header = i == 0 ? 20 : 40;
      byte[] tcp = i == 0 ? ipv4(IpPacket.TCP, tcp(1, 900)) : ipv6(IpPacket.TCP, tcp(1, 900));
      byte[] udp = i == 0 ? ipv4(IpPacket.UDP, udp(900)) : ipv6(IpPacket.UDP, udp(900));
      seeds.add(offloaded(0, 0, 0, 0, tcp));
      seeds.add(offloaded(1, 0, header, 16, tcp));
      seeds.add(offloaded(2, 250, header, 16, tcp));
      seeds.add(offloaded(3, 250, header, 6, udp));
    }
    return seeds;
  }

  private static byte[] offloaded(int offload, int size, int start, int offset, byte[] packet) {
    return ByteBuffer.allocate(6 + packet.length)
        .put((byte) offload)
        .putShort((short) size)
        .putShort((short) start)
        .put((byte) offset)
        .put(packet)
        .array();
  }

  private static void segmenter(byte[] bytes) {
    Input input = new Input(bytes);
    SuperPacket.Offload offload = SuperPacket.Offload.values()[input.unsignedByte() & 3];
    int size = input.unsignedShort();
    int start = input.unsignedShort();
    int offset = input.unsignedByte();
    byte[] packet = input.take(SuperPacket.MAX_LENGTH);
    MemorySegment memory = BUFFER.memory();
    MemorySegment.copy(
        packet, 0, memory, ValueLayout.JAVA_BYTE, SuperPacket.HEADROOM, packet.length);
    BUFFER.set(packet.length, offload, size, start, offset);
    Segmenter segmenter = new Segmenter();
    segmenter.start(BUFFER);
    int count = 0;
    while (segmenter.next()) {
      count++;
      check(segmenter.offset() >= 0 && segmenter.length() > 0, "an impossible packet");
      check(segmenter.offset() + segmenter.length() <= memory.byteSize(), "past the buffer");
      check(segmenter.length() <= segmenter.longest(), "longer than the longest");
    }
    check(count == segmenter.count(), "not as many as announced");
    check(count <= packet.length, "more packets than bytes");
  }

  private static List<byte[]> coalescerSeeds() {
    return List.of(
        sequence(
            ipv4(IpPacket.TCP, tcp(1, 100)),
            ipv4(IpPacket.TCP, tcp(101, 100)),
            ipv4(IpPacket.UDP, udp(50)),
            ipv4(IpPacket.UDP, udp(50)),
            ipv4(IpPacket.TCP, tcp(201, 20))),
        sequence(
            ipv6(IpPacket.TCP, tcp(1, 100)),
            ipv6(IpPacket.TCP, tcp(101, 100)),
            ipv6(IpPacket.ICMPV6, new byte[8]),
            ipv6(IpPacket.UDP, udp(30)),
            ipv6(IpPacket.UDP, udp(20))));
  }

  private static byte[] sequence(byte[]... packets) {
    ByteBuffer all = ByteBuffer.allocate(2000);
    for (byte[] packet : packets) {
      all.put((byte) 1).putShort((short) packet.length).put(packet);
    }
    return Arrays.copyOf(all.array(), all.position());
  }

  /**
   * Packets in one batch, some with their checksums made right: whatever is merged, the same
   * packets come out of the device.
   */
  private static void coalescer(byte[] bytes) throws Exception {
    Input input = new Input(bytes);
    InMemoryDevice device = new InMemoryDevice("fuzz", 1280);
    Coalescer coalescer = new Coalescer(device);
    List<String> expected = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      while (!input.isEmpty()) {
        boolean completed = (input.unsignedByte() & 1) != 0;
        byte[] packet = input.take(input.unsignedShort());
        if (completed) {
          packet = complete(packet);
        }
        MemorySegment memory = memory(arena, packet);
        IpPacket ip = new IpPacket();
        if (ip.wrap(memory, 0, packet.length)) {
          expected.add(canonical(Arrays.copyOf(packet, ip.totalLength())));
        }
        coalescer.add(memory, 0, packet.length);
      }
      coalescer.flush();
    }
    List<String> written = new ArrayList<>();
    for (byte[] p = device.take(Duration.ZERO); p != null; p = device.take(Duration.ZERO)) {
      written.add(canonical(p));
    }
    expected.sort(null);
    written.sort(null);
    if (!expected.equals(written)) {
      Set<String> lost = new TreeSet<>(expected);
      written.forEach(lost::remove);
      throw new AssertionError(
          expected.size() + " packets in, " + written.size() + " out; not out: " + lost);
    }
  }

  /** Without what may differ after merging: the IPv4 id, the push flag, and what sums them up. */
  private static String canonical(byte[] packet) {
    byte[] copy = packet.clone();
    IpPacket ip = new IpPacket();
    MemorySegment memory = MemorySegment.ofArray(copy);
    if (ip.wrap(memory, 0, copy.length)) {
      if (ip.isIpv4()) {
        Arrays.fill(copy, 4, 6, (byte) 0);
        Arrays.fill(copy, 10, 12, (byte) 0);
      }
      int tcp = ip.headerLength();
      if (ip.protocol() == IpPacket.TCP && !ip.isFragment() && tcp + 18 <= copy.length) {
        copy[tcp + 13] &= (byte) ~IpPacket.PSH;
        Arrays.fill(copy, tcp + 16, tcp + 18, (byte) 0);
      }
    }
    return HexFormat.of().formatHex(copy);
  }

  /** Makes the checksums right. */
  private static byte[] complete(byte[] packet) {
    byte[] copy = packet.clone();
    IpPacket ip = new IpPacket();
    MemorySegment memory = MemorySegment.ofArray(copy);
    if (!ip.wrap(memory, 0, copy.length) || ip.isFragment()) {
      return copy;
    }
    int transport = ip.headerLength();
    int length = ip.totalLength() - transport;
    int field =
        switch (ip.protocol()) {
          case IpPacket.TCP -> 16;
          case IpPacket.UDP -> 6;
          default -> -1;
        };
    if (field > 0 && field + 2 <= length) {
      put(copy, transport + field, 0);
      int addresses = ip.isIpv4() ? 12 : 8;
      long sum = Integer.toUnsignedLong(Checksum.partial(memory, addresses, ip.isIpv4() ? 8 : 32));
      sum += ip.protocol() + length;
      sum += Integer.toUnsignedLong(Checksum.partial(memory, transport, length));
      int checksum = ~Checksum.fold(sum) & 0xffff;
      put(copy, transport + field, checksum == 0 && field == 6 ? 0xffff : checksum);
    }
    if (ip.isIpv4()) {
      put(copy, 10, 0);
      put(copy, 10, Checksum.of(memory, 0, (copy[0] & 15) * 4));
    }
    return copy;
  }

  private static void put(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (value >>> 8);
    bytes[at + 1] = (byte) value;
  }

  private static List<byte[]> prefixSeeds() {
    return Stream.of(
            "100.64.0.1/32", "fd7a:115c:a1e0::/48", "::ffff:1.2.3.4/128", "::/0", "1.2.3.4")
        .map(text -> text.getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  private static void prefix(byte[] bytes) {
    IpPrefix prefix;
    try {
      prefix = IpPrefix.parse(new String(bytes, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return;
    }
    check(IpPrefix.parse(prefix.toString()).equals(prefix), "reads otherwise what it wrote");
    prefix.address();
  }

  private static MemorySegment memory(Arena arena, byte[] bytes) {
    MemorySegment memory = arena.allocate(bytes.length);
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return memory;
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
