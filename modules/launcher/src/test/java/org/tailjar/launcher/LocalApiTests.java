package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.DerpRegionWire;

class LocalApiTests {
  private final FakeNode node = new FakeNode();
  private final LocalApi api = new LocalApi(node, TestConfiguration.withServer());

  @Test
  void theStatusIsThatOfTheNode() throws Exception {
    var status = status("");
    assertThat(status.backendState()).isEqualTo("Running");
    assertThat(status.tun()).isTrue();
    assertThat(status.haveNodeKey()).isTrue();
    assertThat(status.tailscaleIps()).containsExactly("100.64.0.1", "fd7a:115c:a1e0::1");
    assertThat(status.self()).isNotNull();
    assertThat(status.magicDnsSuffix()).isEqualTo("tail.example.com");
    assertThat(status.user().get("7").loginName()).isEqualTo("ada@example.com");
    var web = status.peer().get("nodekey:" + "2".repeat(64));
    assertThat(web).isNotNull();
    assertThat(web.currentAddress()).isEqualTo("192.0.2.7:41641");
    assertThat(web.allowedIps()).containsExactly("100.64.0.2/32", "fd7a:115c:a1e0::2/128");
    assertThat(web.lastHandshake()).isEqualTo("0001-01-01T00:00:00Z");
  }

  @Test
  void theStatusTellsPacketsPerCallAndPathsAndTheAgeOfTheMap() throws Exception {
    var tailjar = status("").tailjar();
    assertThat(tailjar).isNotNull();
    assertThat(tailjar.ready()).isTrue();
    assertThat(tailjar.mapAgeSeconds()).isEqualTo(2.5);
    assertThat(tailjar.packetsPerCall())
        .isEqualTo(new StatusDocument.PacketsPerCall(32, 25, 12.5, 33.33));
    assertThat(tailjar.paths()).isEqualTo(new StatusDocument.Paths(1, 1, 1));
    assertThat(tailjar.counters()).containsEntry("dropped_by_filter", 5L);
  }

  @Test
  void theStatusTellsWhatWasMeasuredOfTheNetwork() throws Exception {
    var tailjar = status("false").tailjar();
    assertThat(tailjar).isNotNull();
    assertThat(tailjar.netcheck())
        .isEqualTo(
            new NetcheckDocument(
                "2026-01-02T03:04:05.678Z",
                true,
                true,
                true,
                true,
                true,
                9,
                Map.of("9", 12_345_678L, "10", 1_500_000_000L),
                "192.0.2.1:41641",
                "[2001:db8::1]:41641"));
  }

  @Test
  void theStatusMayComeWithoutPeers() throws Exception {
    assertThat(status("false").peer()).isEmpty();
  }

  @Test
  void aNodeThatNeedsALoginSaysWhere() throws Exception {
    node.status = FakeNode.needsLogin();
    var status = status("");
    assertThat(status.backendState()).isEqualTo("NeedsLogin");
    assertThat(status.authUrl()).isEqualTo("https://headscale.example.com/register/abc");
    assertThat(status.self()).isNull();
    assertThat(status.health()).hasSize(1);
  }

  @Test
  void browsersAreRefused() throws Exception {
    var call = new HttpCall("GET", "/localapi/v0/status", Map.of(), LocalApi.HOST, true, true);
    assertThat(api.handle(call).status()).isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(strings = {"evil.example.com", "localhost", "127.0.0.1:80"})
  void otherHostsAreRefused(String host) throws Exception {
    var call = new HttpCall("GET", "/localapi/v0/status", Map.of(), host, false, true);
    assertThat(api.handle(call).status()).isEqualTo(403);
  }

  @Test
  void anAbsentHostIsAccepted() throws Exception {
    var call = new HttpCall("GET", "/localapi/v0/status", Map.of(), "", false, false);
    assertThat(api.handle(call).status()).isEqualTo(200);
  }

  @Test
  void onlyWritersLogOut() throws Exception {
    assertThat(call("POST", "logout", Map.of(), false).status()).isEqualTo(403);
    assertThat(call("GET", "logout", Map.of(), true).status()).isEqualTo(405);
    assertThat(node.logouts).isZero();
    assertThat(call("POST", "logout", Map.of(), true).status()).isEqualTo(204);
    assertThat(node.logouts).isEqualTo(1);
  }

  @Test
  void aLogoutThatTheServerDidNotConfirmIsAnError() throws Exception {
    node.logoutFailure = new IOException("connection refused");
    var reply = call("POST", "logout", Map.of(), true);
    assertThat(reply.status()).isEqualTo(500);
    assertThat(text(reply)).contains("connection refused");
  }

  @Test
  void aPingSaysWhichPathAnswered() throws Exception {
    var direct = ping("100.64.0.2");
    assertThat(direct.endpoint()).isEqualTo("192.0.2.7:41641");
    assertThat(direct.latencySeconds()).isEqualTo(0.003);
    assertThat(direct.nodeName()).isEqualTo("web");
    var relayed = ping("100.64.0.3");
    assertThat(relayed.endpoint()).isEmpty();
    assertThat(relayed.derpRegionId()).isEqualTo(999);
    assertThat(relayed.derpRegionCode()).isEqualTo("headscale");
    assertThat(ping("100.64.0.1").isLocalIp()).isTrue();
    assertThat(ping("100.64.0.99").error()).isEqualTo("no matching peer");
  }

  @ParameterizedTest
  @CsvSource({"host.example.com, disco", "'', disco", "100.64.0.2, ICMP", "100.64.0.2, TSMP"})
  void aPingThatMakesNoSenseIsRefused(String ip, String type) throws Exception {
    var reply = call("POST", "ping", Map.of("ip", ip, "type", type), false);
    assertThat(reply.status()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"100.64.0.2", "100.64.0.2:80", "[fd7a:115c:a1e0::2]:80", "fd7a:115c:a1e0::2"})
  void whoHasAnAddressIsTold(String address) throws Exception {
    var found =
        Documents.WHO_IS.fromJson(call("GET", "whois", Map.of("addr", address), false).body());
    assertThat(found.node().name()).isEqualTo("web.tail.example.com.");
    assertThat(found.node().computedName()).isEqualTo("web");
    assertThat(found.userProfile().loginName()).isEqualTo("ada@example.com");
  }

  @Test
  void whoHasNoAddressIsToldToo() throws Exception {
    assertThat(call("GET", "whois", Map.of("addr", "10.0.0.1"), false).status()).isEqualTo(404);
    assertThat(call("GET", "whois", Map.of("addr", "name"), false).status()).isEqualTo(400);
    var self = call("GET", "whois", Map.of("addr", "100.64.0.1"), false);
    assertThat(Documents.WHO_IS.fromJson(self.body()).node().computedName()).isEqualTo("tailjar");
  }

  @Test
  void theSettingsAreThoseOfTheEnvironmentAndCannotBeChanged() throws Exception {
    var prefs = Documents.PREFS.fromJson(call("GET", "prefs", Map.of(), false).body());
    assertThat(prefs.controlUrl()).isEqualTo("https://headscale.example.com");
    assertThat(prefs.wantRunning()).isTrue();
    assertThat(call("PUT", "prefs", Map.of(), true).status()).isEqualTo(501);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"WantRunning\":true,\"WantRunningSet\":true}                       | true  | 200",
        "{\"WantRunning\":false,\"WantRunningSet\":true}                      | true  | 501",
        "{\"Hostname\":\"box\",\"HostnameSet\":true,\"RouteAll\":true}         | true  | 200",
        "{\"Hostname\":\"other\",\"HostnameSet\":true,\"RouteAllSet\":true}      | true  | 501",
        "{\"Nonsense\":1,\"NonsenseSet\":true}                                | true  | 501",
        "{}                                                               | true  | 200",
        "{}                                                               | false | 403",
        "[]                                                               | true  | 400",
        "nonsense                                                         | true  | 400",
        "''                                                               | true  | 400",
      })
  void aChangeToWhatIsSoAnywayIsASuccess(String body, boolean writer, int status) throws Exception {
    var call =
        new HttpCall(
            "PATCH",
            LocalApi.ROOT + "prefs",
            Map.of(),
            LocalApi.HOST,
            false,
            writer,
            body.getBytes(StandardCharsets.UTF_8));
    assertThat(api.handle(call).status()).isEqualTo(status);
  }

  @Test
  void theRelaysAreThoseOfTheServerAndNeverNone() throws Exception {
    assertThat(relays().regions()).hasSize(1);
    node.relays = new DerpMapWire(Map.of(), null, true);
    assertThat(relays().regions()).hasSize(1);
    var region = new DerpRegionWire(9, "hs", "Headscale", false, false, List.of());
    node.relays = new DerpMapWire(Map.of("9", region), null, true);
    assertThat(relays()).isEqualTo(node.relays);
  }

  private DerpMapWire relays() throws InterruptedException {
    return Documents.DERP_MAP.fromJson(call("GET", "derpmap", Map.of(), false).body());
  }

  @Test
  void whoWatchesIsToldTheStateAtOnceIfAskedForAndEachChange() throws Exception {
    var watched = call("GET", "watch-ipn-bus", Map.of("mask", "16390"), false);
    var first = Documents.NOTIFY.fromJson(watched.body());
    assertThat(first.state()).isEqualTo(6);
    assertThat(first.prefs()).isNotNull();
    assertThat(first.initialStatus()).isNotNull();
    var stream = watched.stream();
    assertThat(stream).isNotNull();
    assertThat(stream.next()).isEmpty();
    node.status = FakeNode.needsLogin();
    var change = Documents.NOTIFY.fromJson(stream.next());
    assertThat(change.state()).isEqualTo(2);
    assertThat(change.browseToUrl()).isEqualTo("https://headscale.example.com/register/abc");
    assertThat(stream.next()).isEmpty();

    var without = call("GET", "watch-ipn-bus", Map.of(), false);
    assertThat(Documents.NOTIFY.fromJson(without.body()).state()).isNull();
    assertThat(call("GET", "watch-ipn-bus", Map.of("mask", "x"), false).status()).isEqualTo(400);
  }

  @Test
  void whatIsNotThereIsNotFound() throws Exception {
    assertThat(call("GET", "cert/x", Map.of(), true).status()).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource({"true, true, 200, 200", "true, false, 200, 503", "false, true, 503, 200"})
  void livenessAndReadinessAreTwoQuestions(boolean live, boolean ready, int livez, int readyz) {
    node.live = live;
    node.ready = ready;
    var pages = new HealthPages(node);
    assertThat(pages.handle(get("/livez")).status()).isEqualTo(livez);
    assertThat(pages.handle(get("/readyz")).status()).isEqualTo(readyz);
    assertThat(pages.handle(get("/healthz")).status()).isEqualTo(readyz);
  }

  @Test
  void metricsFollowTheTextFormat() {
    var page = text(new HealthPages(node).handle(get("/metrics")));
    assertThat(page)
        .contains("tailjar_packets_total{call=\"tun_read\"} 320\n")
        .contains("tailjar_calls_total{call=\"tun_write\"} 3\n")
        .contains("tailjar_peers{path=\"direct\"} 1\n")
        .contains("tailjar_events_total{event=\"dropped_by_filter\"} 5\n");
    assertThat(page.lines())
        .allMatch(
            line ->
                line.matches("# (HELP|TYPE) tailjar_\\w+ .+")
                    || line.matches("tailjar_\\w+(\\{\\w+=\"[^\"]*\"})? [0-9.E-]+"));
  }

  private static HttpCall get(String path) {
    return new HttpCall("GET", path, Map.of(), "10.0.0.1:9002", false, false);
  }

  private StatusDocument status(String peers) throws InterruptedException {
    return Documents.STATUS.fromJson(call("GET", "status", Map.of("peers", peers), false).body());
  }

  private PingDocument ping(String ip) throws InterruptedException {
    var reply = call("POST", "ping", Map.of("ip", ip, "type", "disco"), false);
    return Documents.PING.fromJson(reply.body());
  }

  private HttpReply call(String method, String name, Map<String, String> query, boolean writer)
      throws InterruptedException {
    return api.handle(
        new HttpCall(method, LocalApi.ROOT + name, query, LocalApi.HOST, false, writer));
  }

  private static String text(HttpReply reply) {
    return new String(reply.body(), StandardCharsets.UTF_8);
  }
}
