package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the node refuses: one clear line and status 78, and no stack trace. */
class RefusalTests {

  private static final int EX_CONFIG = 78;

  @TempDir java.nio.file.Path state;

  @BeforeEach
  void built() {
    Lab.need("unshare", "setpriv", "chmod");
  }

  @Test
  void aServerUrlThatIsNone() {
    refused("TAILSCALE_SERVER_URL", List.of(), "TAILSCALE_SERVER_URL=not a url", "TAILSCALE_KEY=k");
  }

  @Test
  void aMissingServerUrl() {
    refused("TAILSCALE_SERVER_URL", List.of(), "TAILSCALE_KEY=k");
  }

  @Test
  void aMissingKeyOnEmptyState() {
    refused("TAILSCALE_KEY", List.of(), "TAILSCALE_SERVER_URL=http://127.0.0.1:9");
  }

  @Test
  void aStateDirectoryThatCannotBeWritten() {
    refused(
        "/proc/none",
        List.of(),
        "TAILSCALE_SERVER_URL=http://127.0.0.1:9",
        "TAILSCALE_KEY=k",
        "TAILSCALE_STATE_DIR=/proc/none");
  }

  @Test
  void aMissingTunDevice() {
    refused(
        "/dev/net/tun",
        List.of(
            "unshare",
            "--mount",
            "--net",
            "sh",
            "-c",
            "mount -t tmpfs none /dev/net && exec \"$@\"",
            "sh"),
        "TAILSCALE_SERVER_URL=http://127.0.0.1:9",
        "TAILSCALE_KEY=k");
  }

  @Test
  void aMissingNetAdminCapability() {
    refused(
        "NET_ADMIN",
        List.of("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"),
        "TAILSCALE_SERVER_URL=http://127.0.0.1:9",
        "TAILSCALE_KEY=k");
  }

  private void refused(String named, List<String> wrapper, String... environment) {
    List<String> line = new ArrayList<>(wrapper);
    line.addAll(
        List.of(
            "env", "TAILSCALE_STATE_DIR=" + state, "TAILSCALE_SOCKET=" + state.resolve("s.sock")));
    line.addAll(List.of(environment));
    line.addAll(List.of(Lab.launcher().toString(), "run"));

    Shell.Result result = Shell.run(Duration.ofSeconds(20), line);

    assertThat(result.status()).as(result.output()).isEqualTo(EX_CONFIG);
    assertThat(result.output().lines()).as("one line").hasSize(1);
    assertThat(result.output()).contains(named).doesNotContain("\tat ").doesNotContain("Exception");
  }
}
