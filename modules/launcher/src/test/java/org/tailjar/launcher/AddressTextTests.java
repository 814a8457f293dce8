package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTextTests {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "100.64.0.1",
        "fd7a:115c:a1e0::1",
        "::",
        "::1",
        "1::",
        "2001:db8::1:0:0:1",
        "2001:0:0:1::1",
        "2001:db8:0:1:1:1:1:1",
        "1:2:3:4:5:6:7:8",
        "a:0:b:0:c:0:d:0"
      })
  void theShortFormIsKept(String text) {
    assertThat(AddressText.of(InetAddress.ofLiteral(text))).isEqualTo(text);
  }

  @Test
  void aPortStandsOutsideTheBrackets() {
    assertThat(AddressText.of(new InetSocketAddress("fd00::1", 80))).isEqualTo("[fd00::1]:80");
    assertThat(AddressText.of(new InetSocketAddress("10.0.0.1", 80))).isEqualTo("10.0.0.1:80");
  }
}
