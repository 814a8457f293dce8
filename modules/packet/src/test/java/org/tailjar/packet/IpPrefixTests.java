package org.tailjar.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpPrefixTests {

  @ParameterizedTest
  @CsvSource({
    "100.64.0.1/32, 100.64.0.1/32",
    "100.64.0.1, 100.64.0.1/32",
    "100.65.3.4/10, 100.64.0.0/10",
    "0.0.0.0/0, 0.0.0.0/0",
    "255.255.255.255/31, 255.255.255.254/31",
    "fd7a:115c:a1e0::1/128, fd7a:115c:a1e0::1/128",
    "fd7a:115c:a1e0:ab12::/48, fd7a:115c:a1e0::/48",
    "::/0, ::/0",
    "::1, ::1/128",
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1/128",
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1/128",
    "1:0:0:2:0:0:0:3/128, 1:0:0:2::3/128",
    "ffff::/1, 8000::/1",
    "1::/64, 1::/64",
    "::ffff:1.2.3.4/128, 1.2.3.4/32",
    "::ffff:1.2.3.4/120, 1.2.3.0/24"
  })
  void textIsReadAndWrittenInItsShortestForm(String text, String canonical) {
    IpPrefix prefix = IpPrefix.parse(text);
    assertThat(prefix).hasToString(canonical);
    assertThat(IpPrefix.parse(prefix.toString())).isEqualTo(prefix);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "1.2.3.4/",
        "1.2.3.4/33",
        "1.2.3.4/-1",
        "1.2.3/8",
        "1/8",
        "::/129",
        "host/8",
        "fe80::1%eth0/64",
        "1.2.3.4/8/8",
        "1.2.3.4/a",
        " 1.2.3.4/8",
        "[::1]/128",
        "::ffff:1.2.3.4/95"
      })
  void whatIsNoPrefixIsRefused(String text) {
    assertThatThrownBy(() -> IpPrefix.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not an IP prefix: " + text);
  }

  @ParameterizedTest
  @CsvSource({
    "100.64.0.0/10, 100.127.255.255, true",
    "100.64.0.0/10, 100.128.0.0, false",
    "0.0.0.0/0, 8.8.8.8, true",
    "0.0.0.0/0, ::1, false",
    "::/0, ::1, true",
    "::/0, 8.8.8.8, false",
    "::/0, ffff::1, true",
    "fd7a:115c:a1e0::/48, fd7a:115c:a1e0:ffff::1, true",
    "fd7a:115c:a1e0::/48, fd7a:115c:a1e1::1, false",
    "fd7a::1/128, fd7a::1, true",
    "fd7a::1/128, fd7a::2, false",
    "2001:db8::/65, 2001:db8:0:0:7fff::, true",
    "2001:db8::/65, 2001:db8:0:0:8000::, false"
  })
  void anAddressIsInItsRangeOnly(String range, String address, boolean inside) {
    IpPrefix single = IpPrefix.parse(address);
    IpPrefix prefix = IpPrefix.parse(range);
    assertThat(prefix.contains(single.high(), single.low())).isEqualTo(inside);
    assertThat(prefix.contains(single)).isEqualTo(inside);
  }

  @Test
  void aWiderRangeIsNotInANarrowerOne() {
    assertThat(IpPrefix.parse("10.0.0.0/16").contains(IpPrefix.parse("10.0.0.0/8"))).isFalse();
    assertThat(IpPrefix.parse("10.0.0.0/8").contains(IpPrefix.parse("10.0.0.0/16"))).isTrue();
  }

  @Test
  void addressesOfTheJdkComeAndGo() throws Exception {
    for (String text : new String[] {"100.64.0.1", "fd7a::1"}) {
      InetAddress address = InetAddress.getByName(text);
      IpPrefix prefix = IpPrefix.of(address);
      assertThat(prefix.address()).isEqualTo(address);
      assertThat(prefix.isSingleAddress()).isTrue();
    }
  }

  @Test
  void ipv4SortsAheadOfIpv6() {
    assertThat(IpPrefix.parse("255.0.0.0/8")).isLessThan(IpPrefix.parse("::/0"));
    assertThat(IpPrefix.parse("10.0.0.0/8")).isLessThan(IpPrefix.parse("10.0.0.0/9"));
  }
}
