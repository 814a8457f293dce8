package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.tailnet.DeviceKind;
import org.tailjar.tailnet.StartFailure;

@Timeout(180)
class DaemonTests {

  /** It promises 5 s; after this Docker kills a container. Between them is a slow machine. */
  private static final Duration STOP = Duration.ofSeconds(10);

  @TempDir private Path directory;

  private final FakeNode node = new FakeNode();
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void end() {
    processes.forEach(Process::destroyForcibly);
    ConsoleLogging.configure(LogSettings.DEFAULT);
  }

  @Test
  void aBadEnvironmentIsStatus78AndOpensNoNode() {
    var daemon =
        new Daemon(
            Map.of("TAILSCALE_SERVER_URL", "nonsense"),
            config -> {
              throw new AssertionError("opened");
            },
            DeviceKind.MEMORY);
    assertThat(daemon.run()).isEqualTo(78);
  }

  @Test
  void aNodeThatCannotStartIsStatus78AndIsClosed() {
    node.startFailure = new StartFailure.NoNetAdmin();
    assertThat(daemon().run()).isEqualTo(78);
    assertThat(node.closed.getCount()).isZero();
    assertThat(directory.resolve("s.sock")).doesNotExist();
  }

  @Test
  void aKeyThatTheServerRefusesIsStatus78() throws Exception {
    var status = CompletableFuture.supplyAsync(() -> daemon().run());
    assertThat(node.started.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(status).isNotDone();
    node.failure.complete(new StartFailure.KeyRejected("authkey already used"));
    assertThat(status.get(60, TimeUnit.SECONDS)).isEqualTo(78);
    assertThat(node.closed.getCount()).isZero();
  }

  @Test
  void aFaultAtTheStartIsStatus70() {
    var daemon =
        new Daemon(
            environment(),
            config -> {
              throw new IllegalStateException("a fault");
            },
            DeviceKind.MEMORY);
    assertThat(daemon.run()).isEqualTo(70);
  }

  @Test
  void theNodeIsAskedWhileItRuns() throws Exception {
    var status = CompletableFuture.supplyAsync(() -> daemon().run());
    assertThat(node.started.await(60, TimeUnit.SECONDS)).isTrue();
    var path = directory.resolve("s.sock");
    while (!Files.isWritable(path)) {
      Thread.sleep(10);
    }
    var client = new LocalApiClient(new SocketLocation(path, path));
    assertThat(client.status(true).backendState()).isEqualTo("Running");
    node.failure.complete(new StartFailure.KeyMissing());
    assertThat(status.get(60, TimeUnit.SECONDS)).isEqualTo(78);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT", "HUP"})
  void aSignalEndsTheProcessWithStatusZeroInTime(String signal) throws Exception {
    var process = start("text");
    var lines = process.inputReader();
    awaitLine(lines, "up as tailjar.tail.example.com");
    var sent = Instant.now();
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Duration.between(sent, Instant.now())).isLessThan(STOP);
    assertThat(process.exitValue()).isZero();
    assertThat(directory.resolve("s.sock")).doesNotExist();
    assertThat(lines.lines()).last().asString().endsWith("launcher: stopped");
  }

  @Test
  void aNodeThatDoesNotStopIsLeftBehindInTime() throws Exception {
    var process = start("text", "hang");
    awaitLine(process.inputReader(), "up as tailjar.tail.example.com");
    var sent = Instant.now();
    process.destroy();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Duration.between(sent, Instant.now())).isLessThan(STOP);
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void linesAreJsonWhenAskedFor() throws Exception {
    var process = start("json");
    var line = awaitLine(process.inputReader(), "up as");
    assertThat(line).startsWith("{\"time\":\"").contains("\"logger\":\"launcher\"").endsWith("\"}");
  }

  private Daemon daemon() {
    return new Daemon(environment(), config -> node, DeviceKind.MEMORY);
  }

  private Map<String, String> environment() {
    return Map.of(
        "TAILSCALE_SERVER_URL", "https://headscale.example.com",
        "TAILSCALE_SOCKET", directory.resolve("s.sock").toString(),
        "TAILSCALE_STATE_DIR", directory.toString(),
        "TAILSCALE_KEY", "hskey-auth-secret",
        // Nobody may bind here: the pages are not served, which is no failure.
        "TAILSCALE_HEALTH_ADDR", "192.0.2.1:9002");
  }

  /** The daemon around a fake node, as a process of its own, its log in the output. */
  private Process start(String format, String... arguments) throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                // A shell's background job ignores SIGINT, and so would the JVM that inherits that.
                "env",
                "--default-signal=INT,HUP",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--module-path",
                System.getProperty("jdk.module.path"),
                "--patch-module",
                "org.tailjar.launcher=" + Path.of("target", "test-classes").toAbsolutePath(),
                "-m",
                "org.tailjar.launcher/" + DaemonProgram.class.getName()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.matches("(TAILSCALE|TS|JDK|JAVA)_.*"));
    builder.environment().putAll(new HashMap<>(environment()));
    builder.environment().put("TAILSCALE_LOG_FORMAT", format);
    var process = builder.start();
    processes.add(process);
    return process;
  }

  private static String awaitLine(BufferedReader lines, String part) throws IOException {
    var seen = new ArrayList<String>();
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.contains(part)) {
        return line;
      }
      seen.add(line);
    }
    throw new AssertionError("no line with \"" + part + "\" but " + seen);
  }
}
