package org.tailjar.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CoalescerTests {

  private final InMemoryDevice device = new InMemoryDevice("test0", 1280);
  private final Coalescer coalescer = new Coalescer(device);
  private final MemorySegment memory = Arena.ofAuto().allocate(400_000);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void consecutiveSegmentsTakeOneWrite(boolean ipv6) throws Exception {
    List<byte[]> packets = flow(ipv6, 40_000, 1000, 40, 1000);
    Packets.Tcp last = segment(ipv6, 40_000, 1000 + 40 * 1000, 40, 333);
    last.flags |= IpPacket.PSH;
    packets.add(last.build());
    assertPassed("all", packets);
    assertThat(device.writes()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void datagramsOfEqualLengthTakeOneWrite(boolean ipv6) throws Exception {
    List<byte[]> packets = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      packets.add(Packets.udp(ipv6, i, 53, 99, Packets.payload(i == 19 ? 10 : 700, i)));
    }
    assertPassed("all", packets);
    assertThat(device.writes()).isEqualTo(1);
  }

  @Test
  void interleavedFlowsAreMergedEachInItsOrder() throws Exception {
    List<byte[]> packets = new ArrayList<>();
    List<List<byte[]>> flows = new ArrayList<>();
    for (int flow = 0; flow < 4; flow++) {
      flows.add(flow(flow % 2 == 1, 1000 + flow, 1, 10, 500));
    }
    for (int i = 0; i < 10; i++) {
      for (List<byte[]> flow : flows) {
        packets.add(flow.get(i));
      }
    }
    List<byte[]> written = written(packets);
    assertThat(device.writes()).isEqualTo(4);
    assertThat(byFlow(written)).isEqualTo(byFlow(packets));
  }

  @Test
  void moreFlowsThanAreHeldOpenLoseNothing() throws Exception {
    List<byte[]> packets = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      for (int flow = 0; flow < 40; flow++) {
        packets.add(segment(false, 1000 + flow, 1 + i * 100, 1 + i, 100).build());
      }
    }
    assertThat(byFlow(written(packets))).isEqualTo(byFlow(packets));
  }

  @Test
  void pureAcknowledgementsAndSpecialFlagsAreNotMerged() throws Exception {
    for (int flags :
        new int[] {
          IpPacket.ACK | IpPacket.FIN,
          IpPacket.ACK | IpPacket.SYN,
          IpPacket.ACK | IpPacket.RST,
          IpPacket.ACK | IpPacket.URG,
          IpPacket.ACK | IpPacket.CWR,
          0
        }) {
      assertSeparate("flags " + flags, tcp -> tcp.flags = flags);
    }
    assertSeparate("no payload", tcp -> tcp.payload = new byte[0]);
  }

  @Test
  void segmentsThatDifferInTheirHeadersAreNotMerged() throws Exception {
    assertSeparate("sequence", tcp -> tcp.sequence++);
    assertSeparate("acknowledgement", tcp -> tcp.acknowledgement++);
    assertSeparate("window", tcp -> tcp.window++);
    assertSeparate("urgent pointer", tcp -> tcp.urgent++);
    assertSeparate("ECN echo", tcp -> tcp.flags |= IpPacket.ECE);
    assertSeparate("options", tcp -> tcp.options = new byte[] {1, 1, 1, 0});
    assertSeparate("port", tcp -> tcp.to++);
    assertSeparate("type of service", tcp -> tcp.tos = 3);
    assertSeparate("time to live", tcp -> tcp.ttl--);
    assertSeparate("may be fragmented", tcp -> tcp.dontFragment = false);
    assertSeparate("longer than the first", tcp -> tcp.payload = new byte[101]);
  }

  @Test
  void timestampsThatDifferKeepSegmentsApart() throws Exception {
    Packets.Tcp first = segment(false, 1, 1, 1, 100);
    first.options = new byte[] {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 9};
    Packets.Tcp second = segment(false, 1, 101, 2, 100);
    second.options = new byte[] {1, 1, 8, 10, 0, 0, 0, 2, 0, 0, 0, 9};
    written(List.of(first.build(), second.build()));
    assertThat(device.writes()).isEqualTo(2);
    second.options = first.options;
    written(List.of(first.build(), second.build()));
    assertThat(device.writes()).isEqualTo(3);
  }

  @Test
  void packetsThatMayBeFragmentedAreMergedOnlyWithConsecutiveIds() throws Exception {
    Packets.Tcp first = segment(false, 1, 1, 1, 100);
    Packets.Tcp second = segment(false, 1, 101, 3, 100);
    first.dontFragment = false;
    second.dontFragment = false;
    written(List.of(first.build(), second.build()));
    assertThat(device.writes()).isEqualTo(2);
    second.id = 2;
    written(List.of(first.build(), second.build()));
    assertThat(device.writes()).isEqualTo(3);
  }

  @Test
  void aShorterSegmentEndsARun() throws Exception {
    Packets.Tcp first = segment(false, 1, 1, 1, 100);
    Packets.Tcp second = segment(false, 1, 101, 2, 50);
    Packets.Tcp third = segment(false, 1, 151, 3, 50);
    written(List.of(first.build(), second.build(), third.build()));
    assertThat(device.writes()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aPushGoesToTheLastPacketOfItsRun(int pushed) throws Exception {
    List<byte[]> packets = new ArrayList<>();
    List<byte[]> expected = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Packets.Tcp segment = segment(pushed == 1, 1, 1 + i * 100, i, 100);
      segment.flags = i == 2 ? segment.flags | IpPacket.PSH : segment.flags;
      expected.add(segment.build());
      segment = segment(pushed == 1, 1, 1 + i * 100, i, 100);
      segment.flags = i == pushed ? segment.flags | IpPacket.PSH : segment.flags;
      packets.add(segment.build());
    }
    assertThat(written(packets)).containsExactlyElementsOf(expected);
    assertThat(device.writes()).isEqualTo(1);
  }

  @Test
  void aWrongChecksumIsNeverMadeRight() throws Exception {
    for (int at : new int[] {11, 36, 70}) {
      for (int which = 0; which < 3; which++) {
        List<byte[]> packets = flow(false, 1, 1, 3, 100);
        packets.get(which)[at] ^= 1;
        assertPassed(String.format("byte %d of packet %d", at, which), packets);
      }
    }
    byte[] datagram = Packets.udp(true, 0, 53, 99, new byte[100]);
    byte[] wrong = datagram.clone();
    wrong[60] ^= 1;
    List<byte[]> packets = List.of(datagram, wrong, datagram);
    assertPassed("all", packets);
  }

  @Test
  void datagramsWithoutChecksumAreNotMerged() throws Exception {
    byte[] datagram = Packets.udp(false, 0, 53, 99, new byte[100]);
    Packets.putShort(datagram, 26, 0);
    List<byte[]> packets = List.of(datagram, datagram);
    assertPassed("all", packets);
    assertThat(device.writes()).isEqualTo(2);
  }

  @Test
  void fragmentsAndOptionsAndExtensionHeadersAreNotMerged() throws Exception {
    List<byte[]> packets = flow(false, 1, 1, 2, 100);
    for (byte[] packet : packets) {
      Packets.putShort(packet, 6, 0x2000);
    }
    assertPassed("all", packets);
    assertThat(device.writes()).isEqualTo(2);
    byte[] extension = new byte[8 + 8 + 5];
    extension[0] = 17;
    extension[13] = 13;
    byte[] packet = Packets.ip(true, 0, false, 0, 64, 60, extension, -1);
    packets = List.of(packet, packet);
    assertPassed("all", packets);
    assertThat(device.writes()).isEqualTo(4);
  }

  @Test
  void whatCannotBeMergedStaysBehindTheRunOfItsFlow() throws Exception {
    List<byte[]> packets = flow(false, 1, 1, 3, 100);
    Packets.Tcp end = segment(false, 1, 301, 4, 0);
    end.flags |= IpPacket.FIN;
    packets.add(end.build());
    assertPassed("all", packets);
    assertThat(device.writes()).isEqualTo(2);
  }

  @Test
  void aRunEndsAtTheLargestIpPacket() throws Exception {
    List<byte[]> packets = flow(false, 1, 1, 70, 1240);
    assertPassed("all", packets);
    assertThat(device.writes()).isEqualTo(2);
    packets = flow(true, 1, 1, 200, 40);
    assertPassed("all", packets);
    assertThat(device.writes()).isEqualTo(2 + 4);
  }

  @Test
  void paddingBehindAPacketIsNotWritten() throws Exception {
    byte[] packet = segment(false, 1, 1, 1, 30).build();
    byte[] padded = Arrays.copyOf(packet, packet.length + 10);
    padded[packet.length] = 77;
    assertThat(written(List.of(padded)))
        .usingElementComparator(Arrays::compare)
        .containsExactly(packet);
  }

  @Test
  void splittingWhatWasMergedGivesTheSamePackets() throws Exception {
    Random random = new Random(3);
    for (int round = 0; round < 3000; round++) {
      List<byte[]> packets = randomTraffic(random);
      assertThat(byFlow(written(packets))).as("round %d", round).isEqualTo(byFlow(packets));
    }
    assertThat(device.dropped()).isZero();
  }

  @Test
  void anyBytesAreWrittenOrDropped() throws Exception {
    Random random = new Random(5);
    for (int round = 0; round < 20_000; round++) {
      List<byte[]> packets = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        byte[] packet = segment(random.nextBoolean(), 1, 1 + i * 20, i, 20).build();
        for (int changes = random.nextInt(4); changes > 0; changes--) {
          packet[random.nextInt(packet.length)] = (byte) random.nextInt();
        }
        packets.add(random.nextInt(5) == 0 ? Arrays.copyOf(packet, random.nextInt(60)) : packet);
      }
      assertThat(written(packets)).hasSizeLessThanOrEqualTo(packets.size());
    }
  }

  @Test
  void aDeviceWithoutOffloadsGetsEveryPacketByItself() throws Exception {
    List<GatherPacket> writes = new ArrayList<>();
    PacketWriter plain =
        new PacketWriter() {
          @Override
          public void write(GatherPacket packet) {
            assertThat(packet.pieces()).isEqualTo(1);
            assertThat(packet.offload()).isEqualTo(SuperPacket.Offload.NONE);
            writes.add(packet);
          }

          @Override
          public boolean mergesTcp() {
            return false;
          }
        };
    Coalescer own = new Coalescer(plain);
    for (byte[] packet : flow(false, 1, 1, 5, 100)) {
      own.add(Packets.offHeap(packet), 0, packet.length);
    }
    own.flush();
    assertThat(writes).hasSize(5);
  }

  /** Two segments in sequence, the second changed, must be written as they are, each by itself. */
  private void assertSeparate(String what, Consumer<Packets.Tcp> change) throws Exception {
    Packets.Tcp second = segment(false, 1, 101, 2, 100);
    change.accept(second);
    List<byte[]> packets = List.of(segment(false, 1, 1, 1, 100).build(), second.build());
    long before = device.writes();
    assertPassed(what, packets);
    assertThat(device.writes() - before).as(what).isEqualTo(2);
  }

  private void assertPassed(String what, List<byte[]> packets) throws Exception {
    List<byte[]> written = written(packets);
    assertThat(written).as(what + ": packets").hasSameSizeAs(packets);
    for (int i = 0; i < packets.size(); i++) {
      assertThat(Arrays.mismatch(written.get(i), packets.get(i)))
          .as("%s: first byte that differs in packet %d", what, i)
          .isEqualTo(-1);
    }
  }

  /** Adds the packets as one batch and returns what came out, split again. */
  private List<byte[]> written(List<byte[]> packets) throws IOException, InterruptedException {
    long at = 3;
    for (byte[] packet : packets) {
      MemorySegment.copy(packet, 0, memory, ValueLayout.JAVA_BYTE, at, packet.length);
      coalescer.add(memory, at, packet.length);
      at += packet.length + 16;
    }
    coalescer.flush();
    List<byte[]> written = new ArrayList<>();
    for (byte[] next = device.take(Duration.ZERO);
        next != null;
        next = device.take(Duration.ZERO)) {
      written.add(next);
    }
    return written;
  }

  private static List<byte[]> randomTraffic(Random random) {
    int[] sequence = new int[6];
    int[] id = new int[6];
    List<byte[]> packets = new ArrayList<>();
    for (int i = random.nextInt(60); i > 0; i--) {
      int flow = random.nextInt(6);
      boolean ipv6 = flow % 2 == 1;
      int size = random.nextInt(4) > 0 ? 90 : random.nextInt(100);
      if (flow > 3) {
        packets.add(Packets.udp(ipv6, id[flow]++, flow, 9, Packets.payload(size, i)));
        continue;
      }
      Packets.Tcp tcp = segment(ipv6, flow, sequence[flow], id[flow]++, size);
      tcp.payload = Packets.payload(size, i);
      sequence[flow] += size;
      switch (random.nextInt(40)) {
        case 0 -> tcp.flags |= 1 << random.nextInt(8) & ~IpPacket.PSH;
        case 1 -> tcp.acknowledgement++;
        case 2 -> tcp.window++;
        case 3 -> tcp.options = new byte[] {1, 1, 8, 10, 0, 0, 0, 2, 0, 0, 0, (byte) i};
        case 4 -> tcp.tos = 2;
        case 5 -> tcp.sequence += 7;
        default -> {}
      }
      packets.add(tcp.build());
    }
    return packets;
  }

  /** The packets of each flow in their order, as text. */
  private static Map<String, List<String>> byFlow(List<byte[]> packets) {
    Map<String, List<String>> flows = new HashMap<>();
    for (byte[] packet : packets) {
      int transport = packet[0] >>> 4 == 6 ? 40 : 20;
      int protocol = packet[transport == 40 ? 6 : 9];
      String flow = transport + " " + protocol + " " + Packets.intAt(packet, transport);
      flows.computeIfAbsent(flow, key -> new ArrayList<>()).add(Arrays.toString(packet));
    }
    return flows;
  }

  private static List<byte[]> flow(boolean ipv6, int port, int sequence, int count, int size) {
    List<byte[]> packets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      packets.add(segment(ipv6, port, sequence + i * size, i, size).build());
    }
    return packets;
  }

  private static Packets.Tcp segment(boolean ipv6, int port, int sequence, int id, int size) {
    Packets.Tcp tcp = new Packets.Tcp();
    tcp.ipv6 = ipv6;
    tcp.from = port;
    tcp.sequence = sequence;
    tcp.id = id & 0xffff;
    tcp.payload = Packets.payload(size, sequence);
    return tcp;
  }
}
