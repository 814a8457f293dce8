package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.tailjar.linux.UdpAddress;

class UdpPathTests {

  @Test
  void itsSourceIsAddressAndPort() {
    assertThat(source("192.0.2.1", 41641)).containsExactly(192, 0, 2, 1, 0xa2, 0xa9);
    assertThat(source("2001:db8::1", 1))
        .hasSize(18)
        .startsWith(0x20, 1, 0xd, 0xb8)
        .endsWith(1, 0, 1);
  }

  private static byte[] source(String address, int port) {
    return new UdpPath(UdpAddress.of(new InetSocketAddress(InetAddress.ofLiteral(address), port)))
        .source();
  }
}
