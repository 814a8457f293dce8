package org.tailjar.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tailjar.packet.Packets.intAt;
import static org.tailjar.packet.Packets.shortAt;
import static org.tailjar.packet.Packets.slice;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SegmenterTests {

  private final SuperPacket packet = new SuperPacket(Arena.ofAuto());
  private final Segmenter segmenter = new Segmenter();

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTcpSuperPacketIsSplitAsTheWireWouldShowIt(boolean ipv6) {
    Packets.Tcp tcp = superSegment(ipv6, 3 * 1000 + 17);
    tcp.flags = IpPacket.ACK | IpPacket.PSH | IpPacket.FIN | IpPacket.CWR | IpPacket.ECE;
    tcp.options = new byte[] {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
    tcp.sequence = -1500;
    tcp.id = 0xfffe;
    int transport = ipv6 ? 40 : 20;
    int headers = transport + 32;
    List<byte[]> packets = split(kernelForm(tcp.build(), transport, 16), tcp, 1000, transport, 16);
    assertThat(packets).hasSize(4);
    for (int i = 0; i < 4; i++) {
      byte[] one = packets.get(i);
      int size = i == 3 ? 17 : 1000;
      assertThat(one).hasSize(headers + size);
      assertThat(Packets.isRight(one)).as("checksums of packet %d", i).isTrue();
      assertThat(slice(one, headers, one.length))
          .isEqualTo(slice(tcp.payload, i * 1000, i * 1000 + size));
      assertThat(intAt(one, transport + 4)).isEqualTo(-1500 + i * 1000);
      int flags = IpPacket.ACK | IpPacket.ECE;
      flags |= i == 0 ? IpPacket.CWR : 0;
      flags |= i == 3 ? IpPacket.PSH | IpPacket.FIN : 0;
      assertThat(one[transport + 13] & 0xff).isEqualTo(flags);
      assertThat(slice(one, transport + 20, headers)).isEqualTo(tcp.options);
      if (ipv6) {
        assertThat(shortAt(one, 4)).isEqualTo(32 + size);
      } else {
        assertThat(shortAt(one, 2)).isEqualTo(one.length);
        assertThat(shortAt(one, 4)).isEqualTo((0xfffe + i) & 0xffff);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aUdpSuperPacketIsSplitIntoDatagrams(boolean ipv6) {
    byte[] payload = Packets.payload(2 * 500 + 1, 3);
    byte[] whole = Packets.udp(ipv6, 9, 53, 99, payload);
    int transport = ipv6 ? 40 : 20;
    load(kernelForm(whole, transport, 6), SuperPacket.Offload.UDP, 500, transport, 6);
    List<byte[]> packets = drain();
    assertThat(packets).hasSize(3);
    for (int i = 0; i < 3; i++) {
      int size = i == 2 ? 1 : 500;
      assertThat(packets.get(i))
          .isEqualTo(Packets.udp(ipv6, 9 + i, 53, 99, slice(payload, i * 500, i * 500 + size)));
    }
  }

  @Test
  void aUdpChecksumOfZeroIsWrittenAsItsOtherForm() {
    byte[] payload = new byte[2];
    byte[] trial = Packets.udp(false, 0, 53, 99, payload);
    // This payload makes the sum come out as zero.
    Packets.putShort(payload, 0, shortAt(trial, 26));
    byte[] whole = Packets.udp(false, 0, 53, 99, payload);
    assertThat(shortAt(whole, 26)).isEqualTo(0xffff);
    load(kernelForm(whole, 20, 6), SuperPacket.Offload.CHECKSUM, 0, 20, 6);
    assertThat(drain()).containsExactly(whole);
    load(kernelForm(whole, 20, 6), SuperPacket.Offload.UDP, 100, 20, 6);
    assertThat(drain()).containsExactly(whole);
  }

  @Test
  void payloadOfOneSegmentStaysOnePacketWithAllItsFlags() {
    Packets.Tcp tcp = superSegment(false, 100);
    tcp.flags = IpPacket.ACK | IpPacket.FIN | IpPacket.CWR;
    byte[] whole = tcp.build();
    assertThat(split(kernelForm(whole, 20, 16), tcp, 1000, 20, 16)).containsExactly(whole);
    tcp.payload = new byte[0];
    whole = tcp.build();
    assertThat(split(kernelForm(whole, 20, 16), tcp, 1000, 20, 16)).containsExactly(whole);
  }

  @Test
  void segmentsShorterThanTheirHeadersAreSplitToo() {
    Packets.Tcp tcp = superSegment(false, 100);
    List<byte[]> packets = split(kernelForm(tcp.build(), 20, 16), tcp, 8, 20, 16);
    assertThat(packets).hasSize(13).allMatch(Packets::isRight);
    for (int i = 0; i < 13; i++) {
      assertThat(slice(packets.get(i), 40, packets.get(i).length))
          .isEqualTo(slice(tcp.payload, i * 8, Math.min(100, i * 8 + 8)));
    }
  }

  @Test
  void anOpenChecksumIsCompleted() {
    Packets.Tcp tcp = superSegment(true, 33);
    byte[] whole = tcp.build();
    load(kernelForm(whole, 40, 16), SuperPacket.Offload.CHECKSUM, 0, 40, 16);
    assertThat(drain()).containsExactly(whole);
  }

  @Test
  void aCompletePacketPassesAsItIs() {
    byte[] whole = Packets.udp(false, 0, 1, 2, new byte[5]);
    load(whole, SuperPacket.Offload.NONE, 0, 0, 0);
    assertThat(segmenter.count()).isEqualTo(1);
    assertThat(drain()).containsExactly(whole);
  }

  @Test
  void aFullSuperPacketIsSplit() {
    Packets.Tcp tcp = superSegment(false, 65_535 - 40);
    List<byte[]> packets = split(kernelForm(tcp.build(), 20, 16), tcp, 1240, 20, 16);
    assertThat(packets).hasSize(53).allMatch(Packets::isRight);
  }

  @Test
  void whatTheDeviceSaysWrongIsDroppedAndCounted() {
    byte[] whole = superSegment(false, 100).build();
    int[][] wrong = {
      // segment size, checksum start, checksum offset
      {0, 20, 16}, {50, 16, 16}, {50, 24, 16}, {50, 4000, 16}, {50, 0, 0}
    };
    for (int[] of : wrong) {
      load(whole, SuperPacket.Offload.TCP, of[0], of[1], of[2]);
      assertThat(drain()).isEmpty();
    }
    load(whole, SuperPacket.Offload.CHECKSUM, 0, 20, 200);
    assertThat(drain()).isEmpty();
    byte[] longTcpHeader = whole.clone();
    longTcpHeader[32] = (byte) 0xf0;
    load(slice(longTcpHeader, 0, 60), SuperPacket.Offload.TCP, 50, 20, 16);
    assertThat(drain()).isEmpty();
    assertThat(segmenter.malformed()).isEqualTo(7);
  }

  @Test
  void anyBytesAreSplitWithinTheBuffer() {
    Random random = new Random(11);
    SuperPacket.Offload[] offloads = SuperPacket.Offload.values();
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = new byte[random.nextInt(400)];
      random.nextBytes(bytes);
      if (bytes.length > 0 && random.nextBoolean()) {
        bytes[0] = (byte) (random.nextBoolean() ? 0x45 : 0x60);
      }
      int start = random.nextInt(4) == 0 ? random.nextInt(65_536) : random.nextBoolean() ? 20 : 40;
      load(bytes, offloads[random.nextInt(4)], random.nextInt(80), start, random.nextInt(30));
      int count = 0;
      while (segmenter.next()) {
        assertThat(segmenter.offset()).isGreaterThanOrEqualTo(packet.start());
        assertThat(segmenter.offset() + segmenter.length())
            .isLessThanOrEqualTo(packet.start() + bytes.length);
        count++;
      }
      assertThat(count).isEqualTo(segmenter.count());
    }
  }

  private static Packets.Tcp superSegment(boolean ipv6, int size) {
    Packets.Tcp tcp = new Packets.Tcp();
    tcp.ipv6 = ipv6;
    tcp.payload = Packets.payload(size, 5);
    return tcp;
  }

  /** The packet as the kernel hands it over: the checksum field holds the pseudo-header sum. */
  private static byte[] kernelForm(byte[] whole, int transport, int checksumOffset) {
    byte[] open = whole.clone();
    int protocol = transport == 40 ? open[6] : open[9];
    long addresses = transport == 40 ? Packets.sum(open, 8, 32) : Packets.sum(open, 12, 8);
    long pseudo = addresses + protocol + open.length - transport;
    Packets.putShort(open, transport + checksumOffset, ~Packets.complement(pseudo));
    return open;
  }

  private List<byte[]> split(
      byte[] bytes, Packets.Tcp tcp, int segmentSize, int transport, int checksumOffset) {
    load(bytes, SuperPacket.Offload.TCP, segmentSize, transport, checksumOffset);
    assertThat(segmenter.longest())
        .isEqualTo(transport + 20 + tcp.options.length + Math.min(segmentSize, tcp.payload.length));
    return drain();
  }

  private void load(
      byte[] bytes, SuperPacket.Offload offload, int segmentSize, int start, int checksumOffset) {
    MemorySegment.copy(
        bytes, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.start(), bytes.length);
    packet.set(bytes.length, offload, segmentSize, start, checksumOffset);
    segmenter.start(packet);
  }

  private List<byte[]> drain() {
    List<byte[]> packets = new ArrayList<>();
    while (segmenter.next()) {
      packets.add(Packets.bytes(packet.memory(), segmenter.offset(), segmenter.length()));
    }
    return packets;
  }
}
