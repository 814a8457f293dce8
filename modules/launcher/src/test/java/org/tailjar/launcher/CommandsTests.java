package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.DerpRegionWire;

@Timeout(180)
class CommandsTests {
  @TempDir private Path directory;

  private final FakeNode node = new FakeNode();
  private LocalSocket socket;

  @BeforeEach
  void serve() {
    var path = directory.resolve("s.sock");
    var api = new LocalApi(node, TestConfiguration.withServer());
    socket = LocalSocket.open(new SocketLocation(path, path), api).orElseThrow();
  }

  @AfterEach
  void close() {
    node.close();
    socket.close();
  }

  /** What a command printed, and its exit status. */
  private record Outcome(int status, String out, String err) {}

  @Test
  void theStatusIsATable() {
    var outcome = run("status");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out())
        .isEqualTo(
            """
            100.64.0.1  tailjar  ada@  linux  -
            100.64.0.3  db       ada@  linux  active; relay "headscale", tx 1000 rx 2000
            100.64.0.4  gone     ada@  linux  offline
            100.64.0.2  web      ada@  linux  active; direct 192.0.2.7:41641, tx 1000 rx 2000

            # Server: connected; network map 2 s old
            # DNS: on
            """);
  }

  @ParameterizedTest
  @ValueSource(strings = {"status --peers=false", "status --no-peers"})
  void theStatusMayComeWithoutPeers(String command) {
    assertThat(run(command).out()).contains("tailjar").doesNotContain("web");
  }

  @Test
  void theStatusMayShowActivePeersOnly() {
    assertThat(run("status --active").out()).contains("web", "db").doesNotContain("gone");
  }

  @Test
  void theStatusOfANodeThatNeedsALoginIsOneWithTheUrl() {
    node.status = FakeNode.needsLogin();
    var outcome = run("status");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.out())
        .contains("Log in at: https://headscale.example.com/register/abc")
        .contains("the node key has expired");
  }

  @Test
  void theStatusAsJsonIsTheIncumbentsWithPacketsPerCall() {
    var out = run("status --json").out();
    assertThat(out).contains("  \"BackendState\": \"Running\"").contains("\"TunRead\": 32.0");
    assertThat(Documents.STATUS.fromJson(out).peer()).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ip            | 100.64.0.1,fd7a:115c:a1e0::1",
        "ip -4         | 100.64.0.1",
        "ip -6         | fd7a:115c:a1e0::1",
        "ip -1         | 100.64.0.1",
        "ip web        | 100.64.0.2,fd7a:115c:a1e0::2",
        "ip -6 WEB.tail.example.com | fd7a:115c:a1e0::2",
        "ip -4 fd7a:115c:a1e0:0::3  | 100.64.0.3",
      })
  void addressesAreOneALine(String command, String expected) {
    var outcome = run(command);
    assertThat(outcome.out().strip().replace('\n', ',')).isEqualTo(expected);
    assertThat(outcome.status()).isZero();
  }

  @Test
  void noAddressIsAFailure() {
    node.status = FakeNode.needsLogin();
    assertThat(run("ip")).isEqualTo(new Outcome(1, "", "no address yet; state: NeedsLogin\n"));
    assertThat(run("ip nobody").status()).isEqualTo(1);
  }

  @Test
  void aPingEndsWithTheFirstDirectAnswer() {
    assertThat(run("ping web"))
        .isEqualTo(new Outcome(0, "pong from web (100.64.0.2) via 192.0.2.7:41641 in 3ms\n", ""));
  }

  @Test
  void aPingThatIsOnlyRelayedFailsUnlessThatIsEnough() {
    var line = "pong from db (100.64.0.3) via DERP(headscale) in 40ms\n";
    assertThat(run("ping -c 1 db"))
        .isEqualTo(new Outcome(1, line, "direct connection not established\n"));
    assertThat(run("ping -c 1 --until-direct=false db")).isEqualTo(new Outcome(0, line, ""));
  }

  @Test
  void aPingWithoutAnswerFails() {
    assertThat(run("ping -c 1 --timeout 0.1 gone"))
        .isEqualTo(new Outcome(1, "ping \"100.64.0.4\" timed out\n", "no reply\n"));
  }

  @Test
  void aPingOfNobodyFails() {
    assertThat(run("ping 100.64.0.99")).isEqualTo(new Outcome(1, "", "no matching peer\n"));
    assertThat(run("ping nobody")).isEqualTo(new Outcome(1, "", "no peer has the name nobody\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"100.64.0.2", "100.64.0.2:80", "fd7a:115c:a1e0::2", "[fd7a:115c:a1e0::2]:80"})
  void whoHasAnAddressIsShown(String address) {
    assertThat(run("whois " + address))
        .isEqualTo(
            new Outcome(
                0,
                """
                Machine:
                  Name:          web.tail.example.com
                  ID:            2
                  Addresses:     [100.64.0.2/32 fd7a:115c:a1e0::2/128]
                User:
                  Name:     ada@example.com
                  ID:       7
                """,
                ""));
  }

  @Test
  void whoIsAsJsonIsTheIncumbents() {
    var out = run("whois --json 100.64.0.1").out();
    assertThat(out).contains("    \"Name\": \"tailjar.tail.example.com.\"");
    assertThat(Documents.WHO_IS.fromJson(out).userProfile().loginName())
        .isEqualTo("ada@example.com");
  }

  @Test
  void anAddressThatNobodyHasIsAFailure() {
    assertThat(run("whois 100.64.0.99"))
        .isEqualTo(new Outcome(1, "", "peer not found: no node has the address 100.64.0.99\n"));
    assertThat(run("whois web"))
        .isEqualTo(
            new Outcome(
                1, "", "invalid 'addr' parameter: want an address, with or without a port\n"));
  }

  @Test
  void whatWasMeasuredOfTheNetworkIsAReport() {
    node.relays =
        new DerpMapWire(
            Map.of("9", region(9, "hs"), "10", region(10, "far"), "2", region(2, "deaf")),
            null,
            true);
    var outcome = run("netcheck");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out().replaceFirst("Time: [-0-9]+ [0-9:]+\\.678\\S+", "Time: then"))
        .isEqualTo(
            """

            Report:
            \t* Time: then
            \t* UDP: true
            \t* IPv4: yes, 192.0.2.1:41641
            \t* IPv6: yes, [2001:db8::1]:41641
            \t* MappingVariesByDestIP: true
            \t* PortMapping: not checked
            \t* Nearest DERP: The hs
            \t* DERP latency:
            \t\t-  hs: 12.3ms  (The hs)
            \t\t- far: 1.5s    (The far)
            \t\t- deaf:         (The deaf)
            """);
  }

  @Test
  void aNetworkThatLetsNothingThroughIsAReportToo() {
    var report =
        new NetcheckDocument(
            "2026-01-02T03:04:05Z", false, false, false, true, null, 9, Map.of(), "", "");
    assertThat(Netcheck.text(report, List.of(region(9, "hs"))).lines().skip(3))
        .containsExactly(
            "\t* UDP: false",
            "\t* IPv4: (no addr found)",
            "\t* IPv6: no, but OS has support",
            "\t* MappingVariesByDestIP: ",
            "\t* PortMapping: not checked",
            "\t* Nearest DERP: unknown (no response to latency probes)");
  }

  @ParameterizedTest
  @CsvSource({"0, 0s", "340000, 300µs", "12000000, 12ms", "999960000, 1s", "1234567890, 1.2346s"})
  void latenciesAreWrittenAsGoWritesThem(long nanos, String text) {
    assertThat(Netcheck.shown(nanos)).isEqualTo(text);
  }

  @Test
  void theReportAsJsonHasTheIncumbentsNames() {
    var out = run("netcheck --json").out();
    assertThat(out)
        .contains(
            "  \"UDP\": true",
            "  \"MappingVariesByDestIP\": true",
            "  \"PreferredDERP\": 9",
            "    \"9\": 12345678",
            "  \"GlobalV4\": \"192.0.2.1:41641\"");
    var tailjar = Documents.STATUS.fromJson(run("status --json").out()).tailjar();
    assertThat(tailjar).isNotNull();
    assertThat(Documents.NETCHECK.fromJson(out)).isEqualTo(tailjar.netcheck());
  }

  @ParameterizedTest
  @ValueSource(strings = {"netcheck", "netcheck --json"})
  void aNetworkThatWasNotMeasuredYetIsNotReported(String command) {
    node.status = FakeNode.onAddress(FakeNode.running(), "100.64.0.1");
    assertThat(run(command))
        .isEqualTo(new Outcome(1, "", "the network has not been measured yet; state: Running\n"));
    node.status = FakeNode.needsLogin();
    assertThat(run(command).err()).endsWith("state: NeedsLogin\n");
  }

  private static DerpRegionWire region(int id, String code) {
    return new DerpRegionWire(id, code, "The " + code, false, false, List.of());
  }

  @Test
  void logoutReachesTheNode() {
    assertThat(run("logout")).isEqualTo(new Outcome(0, "", ""));
    assertThat(node.logouts).isEqualTo(1);
  }

  @Test
  void theVersionIsThatOfTheModule() {
    assertThat(run("version").out()).matches("\\d+\\.\\d+\\.\\d+\\S*\n");
    assertThat(run("--version")).isEqualTo(run("version"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "run --help",
        "status --help",
        "ip --help",
        "ping --help",
        "netcheck --help",
        "whois --help",
        "logout --help",
        "healthcheck --help",
        "version --help"
      })
  void everyCommandHasHelp(String command) {
    var outcome = run(command);
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).startsWith("Usage: tailjar").contains("--help", "--socket=PATH");
    // Each option and each argument says what it is for.
    assertThat(outcome.out().lines().map(String::strip))
        .noneMatch(line -> line.matches("(-\\w, +)?--?\\S+|[A-Z]+"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "status --nonsense", "run now", "ping", "ip -4 -6", "whois"})
  void aWrongCommandLineIsAUsageError(String command) {
    var outcome = run(command);
    assertThat(outcome.status()).isEqualTo(64);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "statsu          | tailjar: unknown command \"statsu\", did you mean status? (tailjar"
            + " --help says more)",
        "helthcheck      | tailjar: unknown command \"helthcheck\", did you mean healthcheck?"
            + " (tailjar --help says more)",
        "nonsense        | tailjar: unknown command \"nonsense\" (tailjar --help says more)",
        "up              | tailjar: unknown command \"up\" (tailjar --help says more)",
        "--scoket x      | tailjar: unknown option \"--scoket\", did you mean --socket? (tailjar"
            + " --help says more)",
        "status --jsno   | tailjar status: unknown option \"--jsno\", did you mean --json? (tailjar"
            + " status --help says more)",
        "status --colour | tailjar status: unknown option \"--colour\" (tailjar status --help says"
            + " more)",
        "logout now      | tailjar logout: unknown argument \"now\" (tailjar logout --help says"
            + " more)",
      })
  void onlyWhatIsNearIsSuggested(String command, String line) {
    assertThat(run(command)).isEqualTo(new Outcome(64, "", line + "\n"));
  }

  @Test
  void withoutANodeEveryCommandSaysSoInOneLine() {
    socket.close();
    var outcome = run("status");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err())
        .startsWith("no node answers at ")
        .contains("start one with tailjar run")
        .hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--socket %s ip -4", "ip --socket %s -4", "ip -4 --socket=%s"})
  void theSocketMayBeGivenBeforeAndAfterTheCommand(String command) {
    var out = new ByteArrayOutputStream();
    var print = new PrintStream(out, true, StandardCharsets.UTF_8);
    var line = command.formatted(socket.path()).split(" ");
    int status =
        Commands.execute(List.of(line), Map.of("TAILSCALE_SOCKET", "/nowhere.sock"), print, print);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("100.64.0.1\n");
    assertThat(status).isZero();
  }

  private Outcome run(String command) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    int status =
        Commands.execute(
            List.of(command.split(" ")),
            Map.of("TAILSCALE_SOCKET", socket.path().toString(), "TAILSCALE_STATE_DIR", "/nowhere"),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Outcome(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
