package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalEndpointsTests {

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3, true",
    "203.0.113.9, true",
    "2001:db8::1, true",
    "fd12::1, true",
    "100.64.0.1, false",
    "100.127.255.255, false",
    "100.128.0.1, true",
    "100.63.0.1, true",
    "fd7a:115c:a1e0::1, false",
    "fe80::1, false",
    "169.254.1.1, false",
    "224.0.0.1, false",
    "0.0.0.0, false",
  })
  void anAddressIsUsableWhenAnotherMachineCouldReachIt(String address, boolean usable) {
    assertThat(LocalEndpoints.isUsable(InetAddress.ofLiteral(address))).isEqualTo(usable);
  }

  @Test
  void thereIsAlwaysAnAddress() {
    assertThat(LocalEndpoints.addresses("none0")).isNotEmpty();
  }
}
