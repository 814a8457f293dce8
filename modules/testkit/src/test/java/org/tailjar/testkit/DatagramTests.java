package org.tailjar.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatagramTests {

  private static Datagram datagram(String from, String to, String text) {
    return new Datagram(
        new InetSocketAddress(InetAddress.ofLiteral(from), 40_000),
        new InetSocketAddress(InetAddress.ofLiteral(to), 53),
        text.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({"192.0.2.1,192.0.2.2,odd", "192.0.2.1,192.0.2.2,even", "fd7a::1,fd7a::2,odd"})
  void aDatagramIsReadBackFromItsPacket(String from, String to, String text) {
    Datagram sent = datagram(from, to, text);
    Datagram read = Datagram.parse(sent.packet()).orElseThrow();
    assertThat(read.source()).isEqualTo(sent.source());
    assertThat(read.destination()).isEqualTo(sent.destination());
    assertThat(read.text()).isEqualTo(text);
  }

  /** Checksums worked out apart from this code by RFC 768 and RFC 1071. */
  @Test
  void aPacketHasItsChecksums() {
    assertThat(HexFormat.of().formatHex(datagram("192.0.2.1", "192.0.2.2", "hi").packet()))
        .isEqualTo(
            "4500001e000000004011f6cb" + "c0000201c0000202" + "9c400035000a" + "76f7" + "6869");
  }

  @Test
  void whatIsCutShortIsNone() {
    byte[] packet = datagram("fd7a::1", "fd7a::2", "text").packet();
    for (int length = 0; length < packet.length; length++) {
      assertThat(Datagram.parse(Arrays.copyOf(packet, length))).isEmpty();
    }
  }

  @Test
  void anotherProtocolIsNone() {
    byte[] packet = datagram("192.0.2.1", "192.0.2.2", "text").packet();
    packet[9] = 6;
    assertThat(Datagram.parse(packet)).isEmpty();
  }
}
