package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.DerpNodeWire;
import org.tailjar.headscale.DerpRegionWire;

/** The incumbent's own {@code tailscale} program against our socket. */
@Timeout(180)
class IncumbentCommandTests {
  @TempDir private Path directory;

  private final FakeNode node = new FakeNode();
  private LocalSocket socket;

  @BeforeEach
  void serve() {
    assumeTrue(onPath("tailscale"), "the program tailscale is not on PATH");
    var path = directory.resolve("s.sock");
    var api = new LocalApi(node, TestConfiguration.withServer());
    socket = LocalSocket.open(new SocketLocation(path, path), api).orElseThrow();
  }

  @AfterEach
  void close() {
    node.close();
    if (socket != null) {
      socket.close();
    }
  }

  /** What a command printed to both streams, and its exit status. */
  private record Outcome(int status, String text) {}

  @Test
  void statusIsUnderstood() throws Exception {
    var outcome = run("status");
    assertThat(outcome.text().lines().map(String::strip))
        .containsExactly(
            "100.64.0.1  tailjar  ada@  linux  -",
            "100.64.0.3  db       ada@  linux  active; relay \"headscale\", tx 1000 rx 2000",
            "100.64.0.4  gone     ada@  linux  offline",
            "100.64.0.2  web      ada@  linux  active; direct 192.0.2.7:41641, tx 1000 rx 2000");
    assertThat(outcome.status()).isZero();
  }

  @Test
  void statusAsJsonIsUnderstood() throws Exception {
    assertThat(run("status --json").text())
        .contains("\"BackendState\": \"Running\"")
        .contains("\"DNSName\": \"web.tail.example.com.\"");
  }

  @Test
  void aLoginUrlIsShown() throws Exception {
    node.status = FakeNode.needsLogin();
    var outcome = run("status");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.text()).contains("Log in at: https://headscale.example.com/register/abc");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ip -4                        | 0 | 100.64.0.1",
        "ip -6 web                    | 0 | fd7a:115c:a1e0::2",
        "ping web                     | 0 | pong from web (100.64.0.2) via 192.0.2.7:41641 in 3ms",
        "ping tailjar                 | 0 | 100.64.0.1 is local Tailscale IP",
        "ping -c 1 --timeout=100ms gone | 1 | ping \"100.64.0.4\" timed out",
        "whois 100.64.0.2             | 0 | web.tail.example.com",
        "up --login-server=https://headscale.example.com --hostname=box | 0 |",
        "up --login-server=https://headscale.example.com --hostname=other | 1 | configured by its",
        "wait --timeout=10s           | 1 | deadline exceeded",
        "metrics print                | 0 | tailjar_packets_total",
        "set --hostname=other         | 1 | configured by its environment",
        "down                         | 1 | configured by its environment",
      })
  void commandsAreAnswered(String command, int status, String part) throws Exception {
    var outcome = run(command);
    assertThat(outcome.text()).contains(part == null ? "" : part);
    assertThat(outcome.status()).isEqualTo(status);
  }

  /** It asks for the relays, and only where it gets none its own cloud. */
  @Test
  void netcheckMeasuresTheRelaysOfTheTailnet() throws Exception {
    var server =
        new DerpNodeWire(
            "9a", 9, "127.0.0.1", null, "127.0.0.1", "none", 1, true, 0, true, null, false);
    var region = new DerpRegionWire(9, "hs", "Headscale", false, false, List.of(server));
    node.relays = new DerpMapWire(Map.of("9", region), null, true);
    assertThat(run("netcheck").text()).contains("Report:").doesNotContain("DERP map");
  }

  @Test
  void netcheckOfANodeWithoutANetworkMapAsksNobodyElse() throws Exception {
    assertThat(run("netcheck").text()).contains("Report:").doesNotContain("DERP map");
  }

  @Test
  void waitReturnsWhenTheNodeIsUp() throws Exception {
    // The address must be on an interface of this machine.
    var running = FakeNode.running();
    node.status = FakeNode.needsLogin();
    var waiting = CompletableFuture.supplyAsync(() -> unchecked("wait --timeout=50s"));
    assertThat(waiting).isNotDone();
    node.status = FakeNode.onAddress(running, "127.0.0.1");
    assertThat(waiting.get(60, TimeUnit.SECONDS)).isEqualTo(new Outcome(0, ""));
  }

  private Outcome unchecked(String command) {
    try {
      return run(command);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void logoutReachesTheNode() throws Exception {
    assertThat(run("logout").status()).isZero();
    assertThat(node.logouts).isEqualTo(1);
  }

  @Test
  void anotherUserMayReadButNotLogOut() throws Exception {
    assumeTrue(onPath("setpriv"), "the program setpriv is not on PATH");
    assumeTrue(
        Files.getOwner(Path.of("/proc/self")).getName().equals("root"), "the user is not root");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    var other = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
    assertThat(run(other, "ip -4").text()).isEqualTo("100.64.0.1\n");
    var outcome = run(other, "logout");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.text()).contains("ccess denied");
    assertThat(node.logouts).isZero();
  }

  private Outcome run(String command) throws IOException, InterruptedException {
    return run(List.of(), command);
  }

  private Outcome run(List<String> before, String command)
      throws IOException, InterruptedException {
    var line = new ArrayList<>(before);
    line.addAll(List.of("tailscale", "--socket", socket.path().toString()));
    line.addAll(List.of(command.split(" +")));
    var process = new ProcessBuilder(line).redirectErrorStream(true).start();
    process.getOutputStream().close();
    var text = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Outcome(process.exitValue(), text);
  }

  private static boolean onPath(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }
}
