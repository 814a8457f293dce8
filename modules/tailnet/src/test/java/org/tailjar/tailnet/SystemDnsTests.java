package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tailjar.dataplane.ServiceTurn;
import org.tailjar.dns.ResolvConfFile;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.packet.IpPrefix;

/** With an address of the loopback interface in place of the tunnel's. */
class SystemDnsTests {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String FORMER = "nameserver 192.0.2.53\nsearch corp.example.com\n";
  private static final NetworkMap WITH = map("127.0.0.2", "{\"Proxied\": true}");
  private static final NetworkMap WITHOUT = map("127.0.0.2", "{\"Proxied\": false}");

  @TempDir Path directory;
  private Path file;
  private SystemDns dns;

  /** What the file held whenever the packet path was told something. */
  private final List<String> contentAtServe = new ArrayList<>();

  private Optional<ServiceTurn> served = Optional.empty();

  private static NetworkMap map(String address, String config) {
    return DnsTranslationTests.map("\"Addresses\": [\"" + address + "/32\"]", config);
  }

  @BeforeEach
  void prepare() throws IOException {
    file = directory.resolve("resolv.conf");
    Files.writeString(file, FORMER);
    dns = open(true);
  }

  private SystemDns open(boolean accepted) {
    return new SystemDns(new ResolvConfFile(file, null), accepted, Set.of("headscale.example.com"));
  }

  @AfterEach
  void close() {
    dns.close();
  }

  @Test
  void aServerMayHaveTheNameOfAContainer() {
    NodeConfig config = NodeConfig.builder(URI.create("http://my_headscale:8080")).build();
    assertThat(SystemDns.vital(config)).containsExactly("my_headscale");
  }

  private void apply(NetworkMap map) {
    dns.apply(
        map,
        NOW,
        turn -> {
          served = turn;
          contentAtServe.add(content());
        });
  }

  private String content() {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void theSystemIsSentThereOnlyOnceThePacketPathKnowsTheWay() {
    apply(WITH);
    assertThat(contentAtServe).containsExactly(FORMER);
    assertThat(served).isPresent().isEqualTo(dns.turn());
    assertThat(content()).contains("nameserver 100.100.100.100\n");
    assertThat(dns.status()).isEqualTo("on");
    assertThat(dns.complaint()).isEmpty();
    assertThat(dns.routes(WITH, NOW)).containsExactly(IpPrefix.parse("100.100.100.100/32"));
  }

  @Test
  void aMapWithoutDnsSettingsPutsThingsBack() {
    apply(WITH);
    apply(WITHOUT);
    assertThat(content()).isEqualTo(FORMER);
    assertThat(served).isEmpty();
    assertThat(dns.status()).startsWith("off: the server has no");
    assertThat(dns.routes(WITHOUT, NOW)).isEmpty();
    apply(WITH);
    assertThat(dns.status()).isEqualTo("on");
  }

  @Test
  void theSameMapAgainKeepsTheListener() throws IOException {
    apply(WITH);
    Optional<ServiceTurn> first = dns.turn();
    Files.writeString(file, "nameserver 192.0.2.99\n");
    apply(WITH);
    assertThat(dns.turn()).isEqualTo(first);
    assertThat(content()).contains("nameserver 100.100.100.100\n", "#|nameserver 192.0.2.99\n");
    apply(map("127.0.0.4", "{\"Proxied\": true}"));
    assertThat(dns.turn()).isNotEqualTo(first);
  }

  @Test
  void withoutAFileThereIsAComplaintAndTheServiceIsThereNevertheless() throws IOException {
    Files.delete(file);
    apply(WITH);
    assertThat(served).isPresent();
    assertThat(dns.status()).isEqualTo("off: /etc/resolv.conf cannot be written: no such file");
    assertThat(dns.complaint()).isPresent();
    Files.writeString(file, FORMER);
    apply(WITH);
    assertThat(dns.status()).isEqualTo("on");
    assertThat(dns.complaint()).isEmpty();
  }

  @Test
  void anAddressThatTheSystemDoesNotHaveLeavesTheFileAlone() {
    apply(map("203.0.113.9", "{\"Proxied\": true}"));
    assertThat(content()).isEqualTo(FORMER);
    assertThat(served).isEmpty();
    assertThat(dns.complaint().orElseThrow()).contains("cannot listen");
  }

  @Test
  void theSystemIsSentToAFamilyThatWorks() {
    apply(
        DnsTranslationTests.map(
            "\"Addresses\": [\"2001:db8::9/128\", \"127.0.0.2/32\"]", "{\"Proxied\": true}"));
    assertThat(content()).contains("nameserver 100.100.100.100\n");
  }

  @Test
  void whatIsNotAcceptedTouchesNothing() {
    dns = open(false);
    apply(WITH);
    assertThat(content()).isEqualTo(FORMER);
    assertThat(contentAtServe).isEmpty();
    assertThat(dns.routes(WITH, NOW)).isEmpty();
    assertThat(dns.status()).isEqualTo("off, as configured");
  }

  @Test
  void afterTheCloseNothingIsTouchedAnyMore() {
    apply(WITH);
    dns.close();
    assertThat(content()).isEqualTo(FORMER);
    apply(WITH);
    assertThat(content()).isEqualTo(FORMER);
    assertThat(dns.turn()).isEmpty();
  }
}
