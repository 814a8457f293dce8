package org.tailjar.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The incumbent's own programs as nodes of the test tailnet, in user space. */
@Timeout(180)
class RealTailscaledTests {

  @TempDir private Path directory;
  private final List<Process> daemons = new ArrayList<>();
  private TestTailnet tailnet;

  @BeforeEach
  void start() throws IOException {
    for (String program : List.of("tailscaled", "tailscale")) {
      assumeTrue(isOnPath(program), "needs the program " + program + " on PATH");
    }
    tailnet = TestTailnet.start();
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Process daemon : daemons) {
      daemon.destroy();
      daemon.waitFor();
    }
    if (tailnet != null) {
      tailnet.close();
    }
  }

  @Test
  void twoOfThemJoinAndReachEachOther() throws Exception {
    join("alpha");
    join("beta");
    assertThat(run("alpha", "ping", "-c", "3", "100.64.0.2")).contains("pong from beta");
    assertThat(run("alpha", "ping", "--tsmp", "-c", "1", "100.64.0.2")).contains("via TSMP");
    assertThat(tailnet.stun().answered()).isPositive();
    assertThat(tailnet.derp().relayed()).isPositive();
  }

  private void join(String name) throws Exception {
    Path state = Files.createDirectory(directory.resolve(name));
    ProcessBuilder daemon =
        new ProcessBuilder(
                "tailscaled",
                "--tun=userspace-networking",
                "--port=0",
                "--statedir=" + state,
                "--socket=" + state.resolve("sock"))
            .redirectErrorStream(true)
            .redirectOutput(state.resolve("log").toFile());
    daemon.environment().put("TS_NO_LOGS_NO_SUPPORT", "true");
    daemon.environment().put("TS_DEBUG_USE_DERP_HTTP", "true");
    daemons.add(daemon.start());
    awaitSocket(name);
    run(
        name,
        "up",
        "--login-server=" + tailnet.url(),
        "--auth-key=" + tailnet.control().newAuthKey(AuthKeyOptions.ONCE),
        "--hostname=" + name,
        "--accept-dns=false");
  }

  /** The command line waits for the daemon's socket itself, once there is a file. */
  private void awaitSocket(String name) throws InterruptedException {
    Path socket = directory.resolve(name).resolve("sock");
    while (!Files.exists(socket)) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private String run(String name, String... arguments) throws Exception {
    Path socket = directory.resolve(name).resolve("sock");
    List<String> line = new ArrayList<>(List.of("tailscale", "--socket=" + socket));
    line.addAll(List.of(arguments));
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("%s ends", line.get(2)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(output);
  }

  private static boolean isOnPath(String program) {
    for (String entry : System.getenv("PATH").split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(entry, program))) {
        return true;
      }
    }
    return false;
  }
}
