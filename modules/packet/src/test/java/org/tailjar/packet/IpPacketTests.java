package org.tailjar.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IpPacketTests {

  private final IpPacket ip = new IpPacket();

  private boolean wrap(byte[] packet) {
    return ip.wrap(Packets.offHeap(packet), 0, packet.length);
  }

  @Test
  void theFieldsOfAnIpv4PacketAreRead() {
    Packets.Tcp tcp = new Packets.Tcp();
    tcp.flags = IpPacket.SYN | IpPacket.ACK;
    tcp.payload = new byte[7];
    assertThat(wrap(tcp.build())).isTrue();
    assertThat(ip.version()).isEqualTo(4);
    assertThat(ip.headerLength()).isEqualTo(20);
    assertThat(ip.totalLength()).isEqualTo(47);
    assertThat(ip.protocol()).isEqualTo(IpPacket.TCP);
    assertThat(IpPrefix.text(ip.sourceHigh(), ip.sourceLow())).isEqualTo("100.64.0.1");
    assertThat(IpPrefix.text(ip.destinationHigh(), ip.destinationLow())).isEqualTo("100.64.0.2");
    assertThat(ip.sourcePort()).isEqualTo(40_000);
    assertThat(ip.destinationPort()).isEqualTo(443);
    assertThat(ip.tcpFlags()).isEqualTo(IpPacket.SYN | IpPacket.ACK);
    assertThat(ip.icmpType()).isEqualTo(-1);
    assertThat(ip.isFragment()).isFalse();
  }

  @Test
  void theFieldsOfAnIpv6PacketAreRead() {
    assertThat(wrap(Packets.udp(true, 0, 53, 5353, new byte[9]))).isTrue();
    assertThat(ip.version()).isEqualTo(6);
    assertThat(ip.totalLength()).isEqualTo(57);
    assertThat(ip.protocol()).isEqualTo(IpPacket.UDP);
    assertThat(IpPrefix.text(ip.sourceHigh(), ip.sourceLow())).isEqualTo("fd7a::1");
    assertThat(ip.sourcePort()).isEqualTo(53);
    assertThat(ip.destinationPort()).isEqualTo(5353);
  }

  @Test
  void paddingBehindThePacketIsNotPartOfIt() {
    byte[] packet = Packets.udp(false, 0, 1, 2, new byte[3]);
    byte[] padded = java.util.Arrays.copyOf(packet, packet.length + 13);
    assertThat(wrap(padded)).isTrue();
    assertThat(ip.totalLength()).isEqualTo(packet.length);
  }

  @Test
  void extensionHeadersOfIpv6AreSteppedOver() {
    byte[] hopByHop = {60, 0, 1, 4, 0, 0, 0, 0};
    byte[] destination = new byte[24];
    destination[0] = 17;
    destination[1] = 2;
    byte[] udp = {0, 53, 0, 99, 0, 8, 0, 0};
    byte[] chain = new byte[40];
    System.arraycopy(hopByHop, 0, chain, 0, 8);
    System.arraycopy(destination, 0, chain, 8, 24);
    System.arraycopy(udp, 0, chain, 32, 8);
    byte[] packet = Packets.ip(true, 0, false, 0, 64, 0, chain, -1);
    assertThat(wrap(packet)).isTrue();
    assertThat(ip.protocol()).isEqualTo(IpPacket.UDP);
    assertThat(ip.headerLength()).isEqualTo(72);
    assertThat(ip.sourcePort()).isEqualTo(53);
    chain[9] = 3;
    assertThat(wrap(Packets.ip(true, 0, false, 0, 64, 0, chain, -1)))
        .as("chain that ends at the end of the packet")
        .isTrue();
    chain[9] = 4;
    assertThat(wrap(Packets.ip(true, 0, false, 0, 64, 0, chain, -1)))
        .as("chain longer than the packet")
        .isFalse();
  }

  @Test
  void onlyTheFirstFragmentHasPorts() {
    byte[] first = Packets.udp(false, 1, 53, 99, new byte[16]);
    Packets.putShort(first, 6, 0x2000);
    assertThat(wrap(first)).isTrue();
    assertThat(ip.isFragment()).isTrue();
    assertThat(ip.isFirstFragment()).isTrue();
    assertThat(ip.sourcePort()).isEqualTo(53);
    Packets.putShort(first, 6, 3);
    assertThat(wrap(first)).isTrue();
    assertThat(ip.isFirstFragment()).isFalse();
    assertThat(ip.fragmentOffset()).isEqualTo(24);
    assertThat(ip.hasTransportHeader()).isFalse();
    assertThat(ip.sourcePort()).isZero();

    byte[] fragment6 = new byte[16];
    fragment6[0] = 6;
    Packets.putShort(fragment6, 2, 8 << 3);
    Packets.putShort(fragment6, 8, 4711);
    assertThat(wrap(Packets.ip(true, 0, false, 0, 64, 44, fragment6, -1))).isTrue();
    assertThat(ip.protocol()).isEqualTo(IpPacket.TCP);
    assertThat(ip.fragmentOffset()).isEqualTo(64);
    assertThat(ip.sourcePort()).isZero();
  }

  @Test
  void aTransportHeaderThatIsCutShortHasNoPorts() {
    byte[] packet = Packets.ip(false, 1, false, 0, 64, IpPacket.TCP, new byte[] {1, 1, 1, 1}, -1);
    assertThat(wrap(packet)).isTrue();
    assertThat(ip.hasTransportHeader()).isFalse();
    assertThat(ip.sourcePort()).isZero();
    assertThat(ip.tcpFlags()).isZero();
  }

  @Test
  void theTypeOfIcmpIsRead() {
    assertThat(wrap(Packets.ip(false, 1, false, 0, 64, 1, new byte[] {8, 0, 0, 0}, -1))).isTrue();
    assertThat(ip.icmpType()).isEqualTo(8);
    assertThat(wrap(Packets.ip(true, 1, false, 0, 64, 58, new byte[] {-127, 0, 0, 0}, -1)))
        .isTrue();
    assertThat(ip.icmpType()).isEqualTo(129);
  }

  @Test
  void lengthsThatCannotBeAreRefused() {
    byte[] packet = Packets.udp(false, 1, 53, 99, new byte[16]);
    assertThat(ip.wrap(Packets.offHeap(packet), 0, packet.length - 1)).isFalse();
    assertThat(ip.wrap(Packets.offHeap(packet), 0, 0)).isFalse();
    byte[] shortHeader = packet.clone();
    shortHeader[0] = 0x44;
    assertThat(wrap(shortHeader)).isFalse();
    byte[] longHeader = packet.clone();
    longHeader[0] = 0x4f;
    assertThat(wrap(longHeader)).isFalse();
    byte[] tooShort = packet.clone();
    Packets.putShort(tooShort, 2, 19);
    assertThat(wrap(tooShort)).isFalse();
    byte[] version5 = packet.clone();
    version5[0] = 0x55;
    assertThat(wrap(version5)).isFalse();
  }

  @Test
  void anyBytesAreEitherRefusedOrReadWithinTheirBounds() {
    Random random = new Random(7);
    for (int round = 0; round < 200_000; round++) {
      byte[] bytes = new byte[random.nextInt(100)];
      random.nextBytes(bytes);
      if (bytes.length > 7) {
        bytes[0] = (byte) (random.nextBoolean() ? 0x40 | random.nextInt(16) : 0x60);
        Packets.putShort(bytes, 2, random.nextInt(110));
        Packets.putShort(bytes, 4, random.nextInt(70));
        bytes[6] = (byte) new int[] {0, 6, 17, 43, 44, 51, 58, 60}[random.nextInt(8)];
      }
      MemorySegment memory = Packets.offHeap(bytes);
      if (ip.wrap(memory, 0, bytes.length)) {
        assertThat(ip.totalLength()).isLessThanOrEqualTo(bytes.length);
        assertThat(ip.headerLength()).isLessThanOrEqualTo(ip.totalLength());
        assertThat(ip.sourcePort() + ip.destinationPort() + ip.tcpFlags() + ip.icmpType())
            .isGreaterThanOrEqualTo(-1);
      }
    }
  }
}
