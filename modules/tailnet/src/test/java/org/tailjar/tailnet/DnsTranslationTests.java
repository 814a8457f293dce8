package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tailjar.dns.DnsName;
import org.tailjar.dns.DnsNames;
import org.tailjar.dns.Nameserver;
import org.tailjar.headscale.ControlException;
import org.tailjar.headscale.NetworkMap;

class DnsTranslationTests {

  private static final String KEY = "nodekey:" + "1".repeat(64);
  private static final InetAddress WEB4 = InetAddress.ofLiteral("100.64.0.2");
  private static final InetAddress WEB6 = InetAddress.ofLiteral("fd7a:115c:a1e0::2");
  private static final DnsName WEB = new DnsName("web.example.ts");

  /** A map of two nodes. */
  static NetworkMap map(String self, String dns) {
    String json =
        """
        {"Node": {"ID": 1, "Key": "%1$s", "Name": "me.example.ts.", %2$s},
         "Peers": [{"ID": 2, "Name": "web.example.ts.", "Key": "%1$s",
                    "Addresses": ["100.64.0.2/32", "fd7a:115c:a1e0::2/128"]},
                   {"ID": 3, "Name": "six.example.ts.", "Key": "%1$s",
                    "Addresses": ["fd7a:115c:a1e0::3/128"]},
                   {"ID": 4, "Name": "not a name", "Key": "%1$s",
                    "Addresses": ["100.64.0.4/32"]}],
         "DERPMap": {"Regions": {"1": {"RegionID": 1, "Nodes": [
                    {"Name": "1a", "RegionID": 1, "HostName": "relay.example.com"}]}}},
         "DNSConfig": %3$s}
        """
            .formatted(KEY, self, dns);
    try {
      return NetworkMap.fromJson(json.getBytes(StandardCharsets.UTF_8));
    } catch (ControlException e) {
      throw new AssertionError(e);
    }
  }

  private static final String BOTH =
      "\"Addresses\": [\"100.64.0.1/32\", \"fd7a:115c:a1e0::1/128\"]";

  private static DnsNames names(String self, String dns) {
    return DnsTranslation.names(map(self, dns), Set.of("headscale.example.com"));
  }

  @Test
  void anIpv6AddressIsToldOnlyWhereItIsSureToWork() {
    DnsNames names = names(BOTH, "{\"Proxied\": true}");
    assertThat(names.hosts().get(WEB)).containsExactly(WEB4);
    assertThat(names.hosts().get(new DnsName("six.example.ts"))).hasSize(1);
    assertThat(names.reverse()).containsEntry(DnsName.reverse(WEB6), WEB);

    String wanted = BOTH + ", \"CapMap\": {\"magicdns-aaaa\": null}";
    assertThat(names(wanted, "{\"Proxied\": true}").hosts().get(WEB)).containsExactly(WEB4, WEB6);

    String ipv6 = "\"Addresses\": [\"fd7a:115c:a1e0::1/128\"]";
    assertThat(names(ipv6, "{\"Proxied\": true}").hosts().get(WEB)).containsExactly(WEB6);
  }

  @Test
  void theServiceItselfIsNeverAsked() {
    DnsNames names =
        names(
            BOTH,
            """
            {"Resolvers": [{"Addr": "100.100.100.100"}, {"Addr": "192.0.2.1"},
                           {"Addr": "[fd7a:115c:a1e0::53]:53"}],
             "FallbackResolvers": [{"Addr": "100.100.100.100:53"}],
             "Routes": {"corp.example": [{"Addr": "100.100.100.100"}]}}
            """);
    assertThat(names.resolvers())
        .containsExactly(Nameserver.at(InetAddress.ofLiteral("192.0.2.1")));
    assertThat(names.fallbacks()).isEmpty();
    assertThat(names.routes()).doesNotContainKey(new DnsName("corp.example"));
  }

  @Test
  void theDomainsOfATailnetWithMagicDnsAreAnsweredHere() {
    assertThat(names(BOTH, "{\"Proxied\": true}").routes())
        .containsEntry(new DnsName("example.ts"), List.of())
        .containsEntry(new DnsName("100.100.in-addr.arpa"), List.of())
        .doesNotContainKey(new DnsName("128.100.in-addr.arpa"));
    assertThat(names(BOTH, "{\"Proxied\": false}").routes()).isEmpty();
  }

  @Test
  void aNodeWithoutADomainDoesNotMakeAllNamesOnesOfTheTailnet() {
    NetworkMap map = map(BOTH + ", \"Name\": \"me\"", "{\"Proxied\": true}");
    assertThat(DnsTranslation.names(map, Set.of()).routes()).doesNotContainKey(DnsName.ROOT);
  }

  @Test
  void recordsDomainsAndResolversAreTakenAsFarAsTheyAreUnderstood() {
    DnsNames names =
        names(
            BOTH,
            """
            {"Proxied": true, "Domains": ["example.ts", "b a d", "second.ts."],
             "ExtraRecords": [{"Name": "g.example.ts.", "Type": "A", "Value": "100.64.0.2"},
                              {"Name": "g.example.ts", "Value": "fd7a:115c:a1e0::2"},
                              {"Name": "t.example.ts", "Type": "TXT", "Value": "100.64.0.2"},
                              {"Name": "h.example.ts", "Type": "A", "Value": "www.example.org"}],
             "Routes": {"corp.example.com": [null, {"Addr": "10.1.1.1:5353"}],
                        "here.example.com": [], "also.example.com": null,
                        "doh.example.com": [{"Addr": "https://dns.example.com/x"}]},
             "Resolvers": [{"Addr": "https://dns.nextdns.io/abc"}, {"Addr": "9.9.9.9"}],
             "FallbackResolvers": [{"Addr": "1.1.1.1"}]}
            """);
    assertThat(names.searchDomains())
        .containsExactly(new DnsName("example.ts"), new DnsName("second.ts"));
    assertThat(names.hosts().get(new DnsName("g.example.ts"))).containsExactly(WEB4, WEB6);
    assertThat(names.hosts()).doesNotContainKey(new DnsName("t.example.ts"));
    assertThat(names.hosts()).doesNotContainKey(new DnsName("h.example.ts"));
    assertThat(names.routes().get(new DnsName("corp.example.com")))
        .containsExactly(Nameserver.parse("10.1.1.1:5353").orElseThrow());
    assertThat(names.routes()).containsEntry(new DnsName("here.example.com"), List.of());
    assertThat(names.routes()).containsEntry(new DnsName("also.example.com"), List.of());
    assertThat(names.routes()).doesNotContainKey(new DnsName("doh.example.com"));
    assertThat(names.resolvers()).containsExactly(Nameserver.parse("9.9.9.9").orElseThrow());
    assertThat(names.fallbacks()).hasSize(1);
    assertThat(names.vital())
        .containsExactlyInAnyOrder(
            new DnsName("headscale.example.com"), new DnsName("relay.example.com"));
  }

  @Test
  void aMapWithoutSettingsWantsNothingOfTheSystem() {
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    assertThat(wants(BOTH, "null", now)).isFalse();
    assertThat(wants(BOTH, "{\"Domains\": [\"example.ts\"]}", now)).isFalse();
    assertThat(wants(BOTH, "{\"FallbackResolvers\": [{\"Addr\": \"1.1.1.1\"}]}", now)).isFalse();
    assertThat(wants(BOTH, "{\"Proxied\": true}", now)).isTrue();
    assertThat(wants(BOTH, "{\"Resolvers\": [{\"Addr\": \"1.1.1.1\"}]}", now)).isTrue();
    assertThat(wants(BOTH, "{\"Routes\": {\"a.b\": [{\"Addr\": \"1.1.1.1\"}]}}", now)).isTrue();
    String expired = BOTH + ", \"KeyExpiry\": \"2025-01-01T00:00:00Z\"";
    assertThat(wants(expired, "{\"Proxied\": true}", now)).isFalse();
  }

  private static boolean wants(String self, String dns, Instant now) {
    return DnsTranslation.wantsDns(map(self, dns), now);
  }
}
