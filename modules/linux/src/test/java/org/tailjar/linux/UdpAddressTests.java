package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UdpAddressTests {

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, 41641, 192.0.2.1:41641",
    "2001:db8::1, 53, [2001:db8::1]:53",
    "0.0.0.0, 0, 0.0.0.0:0",
    "::, 65535, [::]:65535"
  })
  void addressesOfTheJdkComeAndGo(String ip, int port, String text) {
    InetSocketAddress address = new InetSocketAddress(ip, port);
    UdpAddress udp = UdpAddress.of(address);
    assertThat(udp).hasToString(text);
    assertThat(udp.toInetSocketAddress()).isEqualTo(address);
    assertThat(udp).isEqualTo(UdpAddress.of(udp.high(), udp.low(), port)).hasSameHashCodeAs(udp);
    assertThat(UdpAddress.high(udp.memory())).isEqualTo(udp.high());
    assertThat(UdpAddress.low(udp.memory())).isEqualTo(udp.low());
    assertThat(UdpAddress.port(udp.memory())).isEqualTo(port);
  }

  @Test
  void aNameIsNoAddress() {
    assertThatThrownBy(() -> UdpAddress.of(InetSocketAddress.createUnresolved("host", 1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> UdpAddress.of(0, 1, 70_000))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theTableGivesTheSameObjectForTheSameSender() {
    UdpAddressTable table = new UdpAddressTable();
    UdpAddress[] found = new UdpAddress[1000];
    for (int i = 0; i < found.length; i++) {
      found[i] = table.find(UdpAddress.of(i % 7, i, i % 3));
    }
    for (int i = 0; i < found.length; i++) {
      assertThat(table.find(UdpAddress.of(i % 7, i, i % 3))).isSameAs(found[i]);
    }
  }

  @Test
  void aFloodOfSendersIsSurvived() {
    UdpAddressTable table = new UdpAddressTable();
    for (int i = 0; i < 100_000; i++) {
      UdpAddress address = UdpAddress.of(i, i * 31L, i & 0xffff);
      UdpAddress found = table.find(address);
      assertThat(found).isEqualTo(address);
      assertThat(table.find(address)).isSameAs(found);
    }
  }
}
