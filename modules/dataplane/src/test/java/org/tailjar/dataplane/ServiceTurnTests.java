package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tailjar.packet.Checksum;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.SuperPacket;
import org.tailjar.packet.SuperPacket.Offload;

class ServiceTurnTests {

  private static final InetAddress OWN4 = InetAddress.ofLiteral("100.64.0.1");
  private static final InetAddress OWN6 = InetAddress.ofLiteral("fd7a:115c:a1e0::1");
  private static final InetAddress SERVICE4 = InetAddress.ofLiteral("100.100.100.100");
  private static final InetAddress SERVICE6 = InetAddress.ofLiteral("fd7a:115c:a1e0::53");
  private static final InetAddress OTHER4 = InetAddress.ofLiteral("100.64.0.2");
  private static final InetAddress OTHER6 = InetAddress.ofLiteral("fd7a:115c:a1e0::2");
  private static final int UDP_SOCKET = 40_001;
  private static final int TCP_SOCKET = 40_002;

  private final ServiceTurn turn =
      new ServiceTurn(
          Optional.of(ServiceTurn.Side.of(OWN4, SERVICE4, 53, UDP_SOCKET, TCP_SOCKET)),
          Optional.of(ServiceTurn.Side.of(OWN6, SERVICE6, 53, UDP_SOCKET, TCP_SOCKET)));
  private final SuperPacket packet = new SuperPacket(Arena.ofAuto());
  private final IpPacket ip = new IpPacket();

  @ParameterizedTest
  @CsvSource({"false,17", "false,6", "true,17", "true,6"})
  void aQuestionGoesToTheSocketAndItsAnswerComesFromTheService(boolean ipv6, int protocol) {
    InetAddress own = ipv6 ? OWN6 : OWN4;
    InetAddress service = ipv6 ? SERVICE6 : SERVICE4;
    int socket = protocol == 17 ? UDP_SOCKET : TCP_SOCKET;
    Random random = new Random(1);
    for (int i = 0; i < 500; i++) {
      byte[] payload = new byte[random.nextInt(0, 40)];
      random.nextBytes(payload);
      int client = random.nextInt(1024, 40_000);
      byte[] question = build(own, service, client, 53, protocol, payload, true);
      assertThat(turned(question, Offload.NONE)).isTrue();
      assertThat(content()).isEqualTo(build(service, own, client, socket, protocol, payload, true));
      byte[] answer = build(own, service, socket, client, protocol, payload, true);
      assertThat(turned(answer, Offload.NONE)).isTrue();
      assertThat(content()).isEqualTo(build(service, own, 53, client, protocol, payload, true));
      assertChecksum(protocol);
    }
  }

  @Test
  void aChecksumThatComesOutAsZeroIsWrittenAsOnes() {
    for (int client = 1024; client < 1024 + 0x10000 - 1024; client++) {
      byte[] question = build(OWN4, SERVICE4, client & 0xffff, 53, 17, new byte[2], true);
      assertThat(turned(question, Offload.NONE)).isTrue();
      int checksum = ByteBuffer.wrap(content()).getShort(26) & 0xffff;
      assertThat(checksum).isNotZero();
    }
  }

  @Test
  void aDatagramWithoutAChecksumStaysWithoutOne() {
    byte[] question = build(OWN4, SERVICE4, 5000, 53, 17, new byte[3], false);
    assertThat(turned(question, Offload.NONE)).isTrue();
    assertThat(ByteBuffer.wrap(content()).getShort(26)).isZero();
  }

  @Test
  void aSumOfThePseudoHeaderAloneStaysAsItIs() {
    byte[] question = build(OWN4, SERVICE4, 5000, 53, 6, new byte[3], false);
    ByteBuffer.wrap(question).putShort(36, (short) 0x1234);
    for (Offload offload : new Offload[] {Offload.CHECKSUM, Offload.TCP}) {
      assertThat(turned(question, offload)).isTrue();
      ByteBuffer turnedBytes = ByteBuffer.wrap(content());
      assertThat(turnedBytes.getShort(36)).isEqualTo((short) 0x1234);
      assertThat(turnedBytes.getShort(22) & 0xffff).isEqualTo(TCP_SOCKET);
    }
  }

  @Test
  void aClientOnTheServicePortGetsItsAnswer() {
    byte[] answer = build(OWN4, SERVICE4, UDP_SOCKET, 53, 17, new byte[4], true);
    assertThat(turned(answer, Offload.NONE)).isTrue();
    assertThat(content()).isEqualTo(build(SERVICE4, OWN4, 53, 53, 17, new byte[4], true));
  }

  @Test
  void everythingElseIsLeftAlone() {
    byte[] none = new byte[8];
    assertUntouched(build(OWN4, OTHER4, 5000, 53, 17, none, true));
    assertUntouched(build(OTHER4, SERVICE4, 5000, 53, 17, none, true));
    assertUntouched(build(OWN4, SERVICE4, 5000, 80, 6, none, true));
    assertUntouched(build(OWN4, SERVICE4, 5000, 53, 132, new byte[12], true));
    assertUntouched(build(OWN6, OTHER6, 5000, 53, 17, none, true));
    byte[] fragment = build(OWN4, SERVICE4, 5000, 53, 17, none, true);
    fragment[6] = 0x20;
    assertUntouched(fragment);
    byte[] cut = build(OWN4, SERVICE4, 5000, 53, 6, new byte[0], true);
    cut[3] = 30;
    assertUntouched(Arrays.copyOf(cut, 30));
  }

  @Test
  void randomBytesAreNeverWrittenBeyond() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = build(OWN4, SERVICE4, 5000, 53, random.nextBoolean() ? 17 : 6, none(), true);
      byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      for (int j = 0; j < 3 && cut.length > 0; j++) {
        cut[random.nextInt(cut.length)] = (byte) random.nextInt();
      }
      MemorySegment.copy(
          cut, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.start(), cut.length);
      long behind = (long) packet.start() + cut.length;
      packet.memory().set(ValueLayout.JAVA_LONG_UNALIGNED, behind, 0x5a5a5a5a5a5a5a5aL);
      packet.set(cut.length);
      if (ip.wrap(packet.memory(), packet.start(), cut.length)) {
        turn.turn(packet, ip);
      }
      assertThat(packet.memory().get(ValueLayout.JAVA_LONG_UNALIGNED, behind))
          .isEqualTo(0x5a5a5a5a5a5a5a5aL);
    }
  }

  @Test
  void aSideHasOneFamilyAndRealPorts() {
    assertThatThrownBy(() -> ServiceTurn.Side.of(OWN4, SERVICE6, 53, 1, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ServiceTurn.Side.of(OWN4, SERVICE4, 53, 0, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static byte[] none() {
    return new byte[0];
  }

  private void assertUntouched(byte[] bytes) {
    assertThat(turned(bytes, Offload.NONE)).isFalse();
    assertThat(content()).isEqualTo(bytes);
  }

  private boolean turned(byte[] bytes, Offload offload) {
    MemorySegment.copy(
        bytes, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.start(), bytes.length);
    packet.set(bytes.length, offload, offload == Offload.TCP ? 1 : 0, 20, 16);
    return ip.wrap(packet.memory(), packet.start(), bytes.length) && turn.turn(packet, ip);
  }

  private byte[] content() {
    return packet.memory().asSlice(packet.start(), packet.length()).toArray(ValueLayout.JAVA_BYTE);
  }

  private void assertChecksum(int protocol) {
    assertThat(ip.wrap(packet.memory(), packet.start(), packet.length())).isTrue();
    int length = ip.totalLength() - ip.headerLength();
    int pseudo =
        Checksum.pseudoHeader(
            ip.sourceHigh(),
            ip.sourceLow(),
            ip.destinationHigh(),
            ip.destinationLow(),
            protocol,
            length);
    long transport = (long) packet.start() + ip.headerLength();
    assertThat(Checksum.fold(pseudo + Checksum.partial(packet.memory(), transport, length)))
        .isEqualTo(0xffff);
    if (ip.isIpv4()) {
      assertThat(Checksum.of(packet.memory(), packet.start(), 20)).isZero();
    }
  }

  /** A complete packet, put together apart from the code under test. */
  private static byte[] build(
      InetAddress from,
      InetAddress to,
      int fromPort,
      int toPort,
      int protocol,
      byte[] payload,
      boolean checksum) {
    boolean ipv4 = from.getAddress().length == 4;
    int header = ipv4 ? 20 : 40;
    int transport = protocol == 17 ? 8 : protocol == 6 ? 20 : 12;
    ByteBuffer bytes = ByteBuffer.allocate(header + transport + payload.length);
    if (ipv4) {
      bytes.put((byte) 0x45).put((byte) 0).putShort((short) bytes.capacity()).putInt(0x0001_4000);
      bytes.put((byte) 64).put((byte) protocol).putShort((short) 0);
      bytes.put(from.getAddress()).put(to.getAddress());
      bytes.putShort(10, (short) ~sum(bytes.array(), 0, 20, 0));
    } else {
      bytes.putInt(0x6000_0000).putShort((short) (transport + payload.length));
      bytes.put((byte) protocol).put((byte) 64).put(from.getAddress()).put(to.getAddress());
    }
    bytes.putShort((short) fromPort).putShort((short) toPort);
    if (protocol == 17) {
      bytes.putShort((short) (8 + payload.length));
    } else if (protocol == 6) {
      bytes.putInt(header + 4, 77).putInt(header + 8, 99).putInt(header + 12, 0x5010_0200);
    }
    bytes.position(header + transport).put(payload);
    if (checksum && (protocol == 17 || protocol == 6)) {
      int addresses = ipv4 ? 8 : 32;
      int start = ipv4 ? 12 : 8;
      int seed = protocol + transport + payload.length + sum(bytes.array(), start, addresses, 0);
      int value = ~sum(bytes.array(), header, transport + payload.length, seed) & 0xffff;
      int at = header + (protocol == 17 ? 6 : 16);
      bytes.putShort(at, (short) (protocol == 17 && value == 0 ? 0xffff : value));
    }
    return bytes.array();
  }

  private static int sum(byte[] bytes, int from, int length, int seed) {
    int sum = seed;
    for (int i = 0; i < length; i++) {
      sum += (bytes[from + i] & 0xff) << (i % 2 == 0 ? 8 : 0);
    }
    while (sum > 0xffff) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return sum;
  }
}
