package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the node refuses: one clear line and status 78, and no stack trace. */
class RefusalTests {

  private static final int EX_CONFIG = 78;

  private static final String SERVER = "TAILSCALE_SERVER_URL=http://127.0.0.1:9";

  @TempDir Path state;

  @BeforeEach
  void built() {
    Requirements.need("unshare", "setpriv", "mount", "ip");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TAILSCALE_SERVER_URL=not a url      | TAILSCALE_SERVER_URL: \"not a url\" is no server"
            + " URL: it is not a URL",
        "TAILSCALE_SERVER_URL=hs.example.com | it does not begin with https:// or http://",
        "TAILSCALE_SERVER_URL=               | TAILSCALE_SERVER_URL is not set: give the URL of a"
            + " Headscale server",
        "TS_EXTRA_ARGS=--login-server        | TS_EXTRA_ARGS --login-server has no value",
        "TS_DEBUG_MTU=large                  | TS_DEBUG_MTU=\"large\" is not accepted: give a"
            + " number from 1280 to 9000",
        "TAILSCALE_EXIT_NODE=100.64.0.9      | TAILSCALE_EXIT_NODE=\"100.64.0.9\" is refused",
        "SSL_CERT_FILE=/nope                 | SSL_CERT_FILE=\"/nope\" cannot be used",
        "SSL_CERT_FILE=/etc/hostname         | SSL_CERT_FILE=\"/etc/hostname\" cannot be used",
        "TAILSCALE_STATE_DIR=/proc/none      | the state directory /proc/none cannot be written",
        "TAILSCALE_STATE_DIR=/etc/hostname   | the state directory /etc/hostname cannot be written",
        "TAILSCALE_INTERFACE=a%d             | TAILSCALE_INTERFACE=\"a%d\" is not accepted",
        "TAILSCALE_INTERFACE=lo              | lo",
      })
  void aValueThatIsOfNoUse(String variable, String line) {
    refused(line, List.of(), SERVER, "TAILSCALE_KEY=k", variable);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TS_AUTHKEY=file:/nope    | TS_AUTHKEY=\"file:/nope\" cannot be used (/nope does not"
            + " exist)",
        "TAILSCALE_KEY_FILE=/nope | TAILSCALE_KEY_FILE=\"/nope\" cannot be used (/nope does not"
            + " exist)",
        "TAILSCALE_KEY_FILE=/etc  | TAILSCALE_KEY_FILE=\"/etc\" cannot be used",
        "TAILSCALE_KEY=           | set TAILSCALE_KEY or TAILSCALE_KEY_FILE",
      })
  void aMissingKeyOnEmptyState(String variable, String line) {
    refused(line, List.of(), SERVER, variable);
  }

  @Test
  void aStateDirectoryOnAReadOnlyFileSystem() {
    refused(
        state + " cannot be written",
        unshared("mount -t tmpfs -o ro none " + state),
        SERVER,
        "TAILSCALE_KEY=k");
  }

  @Test
  void aStateDirectoryWithoutSpace() {
    refused(
        state + " cannot be written (No space left on device)",
        unshared(
            "mount -t tmpfs -o size=4k none %1$s && ! head -c 8192 /dev/zero 2>/dev/null >%1$s/full"
                .formatted(state)),
        SERVER,
        "TAILSCALE_KEY=k");
  }

  @Test
  void aStateDirectoryThatIsAFile() throws IOException {
    Path file = Files.writeString(state.resolve("file"), "x");
    refused(
        file + " cannot be written",
        List.of(),
        SERVER,
        "TAILSCALE_KEY=k",
        "TS_STATE_DIR=" + file,
        "TAILSCALE_STATE_DIR=");
    assertThat(file).hasContent("x");
  }

  @Test
  void aMissingTunDevice() {
    refused("/dev/net/tun", unshared("mount -t tmpfs none /dev/net"), SERVER, "TAILSCALE_KEY=k");
  }

  @Test
  void aTunDeviceThatMayNotBeOpened() {
    List<String> line =
        new ArrayList<>(
            unshared("mount -t tmpfs none /dev/net && mknod -m 000 /dev/net/tun c 10 200"));
    // Without these two even root needs the permission.
    line.addAll(List.of("setpriv", "--bounding-set", "-dac_override,-dac_read_search"));
    refused("/dev/net/tun cannot be opened", line, SERVER, "TAILSCALE_KEY=k");
  }

  @Test
  void aMissingNetAdminCapability() {
    refused(
        "NET_ADMIN",
        List.of("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"),
        SERVER,
        "TAILSCALE_KEY=k");
  }

  @Test
  void anInterfaceNameThatAnotherDeviceHas() {
    refused(
        "tailscale0",
        unshared("ip link add tailscale0 type veth peer name other"),
        SERVER,
        "TAILSCALE_KEY=k");
  }

  @Test
  void twoMistakesAreALineEach() {
    assertThat(run(List.of(), "TAILSCALE_SERVER_URL=", "TAILSCALE_MTU=1").output().lines())
        .hasSize(2);
  }

  /** In namespaces of its own, after these commands. */
  private static List<String> unshared(String commands) {
    return List.of("unshare", "--mount", "--net", "sh", "-c", commands + " && exec \"$@\"", "sh");
  }

  private void refused(String named, List<String> wrapper, String... environment) {
    Shell.Result result = run(wrapper, environment);
    assertThat(result.status()).as(result.output()).isEqualTo(EX_CONFIG);
    assertThat(result.output().lines()).as(result.output()).hasSize(1);
    assertThat(result.output()).contains(named).doesNotContain("\tat ", "Exception", "null");
  }

  private Shell.Result run(List<String> wrapper, String... environment) {
    List<String> line = new ArrayList<>(wrapper);
    line.addAll(
        List.of(
            "env", "TAILSCALE_STATE_DIR=" + state, "TAILSCALE_SOCKET=" + state.resolve("s.sock")));
    line.addAll(List.of(environment));
    line.addAll(List.of(LinkedRuntime.launcher().toString(), "run"));
    return Shell.run(Shell.PATIENCE, line);
  }
}
