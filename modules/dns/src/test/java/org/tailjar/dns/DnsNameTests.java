package org.tailjar.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DnsNameTests {

  @Test
  void caseAndTheDotAtTheEndDoNotMatter() {
    assertThat(new DnsName("Web.Example.TS.")).isEqualTo(new DnsName("web.example.ts"));
    assertThat(new DnsName("web.example.ts").absolute()).isEqualTo("web.example.ts.");
  }

  @Test
  void aNameIsWithinItsDomainsByWholeLabels() {
    DnsName name = new DnsName("a.example.ts");
    assertThat(name.isWithin(new DnsName("example.ts"))).isTrue();
    assertThat(name.isWithin(name)).isTrue();
    assertThat(name.isWithin(DnsName.ROOT)).isTrue();
    assertThat(new DnsName("aexample.ts").isWithin(new DnsName("example.ts"))).isFalse();
    assertThat(new DnsName("ts").isWithin(new DnsName("example.ts"))).isFalse();
    assertThat(name.parent().parent().parent()).isEqualTo(DnsName.ROOT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "a..b", ".a", "a b", "a\nnameserver 6.6.6.6", "ü.example", "a#b"})
  void whatIsNoNameIsNotOne(String text) {
    assertThat(DnsName.parse(text)).isEmpty();
    assertThat(DnsName.parse("x".repeat(64) + ".ts")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1.1.1.1, 1.1.1.1, 53",
    "1.1.1.1:5353, 1.1.1.1, 5353",
    "fd7a::1, fd7a::1, 53",
    "[fd7a::1], fd7a::1, 53",
    "[fd7a::1]:5353, fd7a::1, 5353"
  })
  void aNameserverIsAnAddressMaybeWithAPort(String text, String address, int port) {
    assertThat(Nameserver.parse(text).orElseThrow().address())
        .isEqualTo(new InetSocketAddress(InetAddress.ofLiteral(address), port));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "https://dns.nextdns.io/abc",
        "dns.google",
        "1.1.1.1:",
        "1.1.1.1:0",
        "1.1.1.1:99999",
        "[::1",
        "[::1]x",
        "tls://1.1.1.1"
      })
  void everythingElseIsNoNameserver(String text) {
    assertThat(Nameserver.parse(text)).isEmpty();
  }
}
