package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Starts, stops and outages. */
class LifecycleTests {

  @AutoClose private final Lab lab = Lab.start(Lab.Scheme.HTTP);

  @Test
  void aRestartWithoutTheKeyKeepsNodeAddressAndName() {
    TailjarNode node = lab.tailjar("na").join();
    String address = node.ip4();
    assertThat(node.terminate()).isZero();

    node.without("TAILSCALE_KEY").start().awaitReady();

    assertThat(node.ip4()).isEqualTo(address);
    assertThat(node.statusJson()).contains("na.example.ts.");
    assertThat(lab.server().nodeCount()).isEqualTo(1);
  }

  /** As JNA did, to learn where libraries are. The JVM waits for such programs by a thread. */
  @Test
  void aStartRunsNoOtherProgram() {
    TailjarNode node = lab.tailjar("na").join();

    assertThat(node.threads())
        .anyMatch(name -> name.startsWith("tailjar-rx"))
        .noneMatch(name -> name.startsWith("process reaper"));
  }

  @Test
  void aSecondProcessOnOneStateDirectoryIsRefusedAndTheFirstGoesOn() {
    TailjarNode first = lab.tailjar("na").join();
    TailjarNode second =
        lab.tailjar("nb").with("TAILSCALE_STATE_DIR", first.state().toString()).start();

    assertThat(second.awaitExit()).isNotZero();

    assertThat(second.logText().lines().filter(line -> line.contains("in use by another")))
        .singleElement()
        .asString()
        .contains(first.state().toString());
    assertThat(first.tailjar("healthcheck").status()).isZero();
  }

  @Test
  void sigtermEndsTheNodeWithStatusZeroAndLeavesNothing() {
    TailjarNode node = lab.tailjar("na").join();
    assertThat(Shell.eventually(() -> lab.headscale().online("na"))).isTrue();
    assertThat(lab.run("na", "ip", "rule").output()).contains("5270:");

    assertThat(node.terminate()).isZero();

    assertNothingLeft();
    assertThat(Shell.eventually(() -> !lab.headscale().online("na")))
        .as("headscale shows it offline: %s", lab.headscale().run("nodes", "list").output())
        .isTrue();
  }

  @Test
  void aStartAfterAKillWorksAndDoublesNothing() {
    TailjarNode peer = lab.tailjar("nb").join();
    TailjarNode node = lab.tailjar("na").join();
    String rules = lab.run("na", "ip", "rule").output();

    node.kill();
    node.start().awaitReady();

    assertThat(lab.run("na", "ip", "rule").output()).isEqualTo(rules);
    assertThat(lab.server().nodeCount()).isEqualTo(2);
    lab.assertReaches("na", peer.ip4());
    assertThat(node.terminate()).isZero();
    assertNothingLeft();
  }

  @Test
  void anOutageOfTheServerLosesNotOnePacketBetweenNodes() {
    TailjarNode a = lab.tailjar("na").join();
    TailjarNode b = lab.tailjar("nb").join();
    String address = b.ip4();
    // A new node is told of to the others a moment after it is up.
    assertThat(
            Shell.eventually(
                () ->
                    lab.pings("na", address, 1) == 1
                        && a.tailjar("ping", address).output().contains("via 10.77.0.")))
        .as("direct before the outage: %s", a.logText())
        .isTrue();

    lab.headscale().stop();
    int answered = lab.pings("na", address, 300);
    assertThat(a.tailjar("healthcheck").status())
        .as("an outage of the server is not ill health")
        .isZero();
    lab.headscale().start();

    assertThat(answered).isEqualTo(300);
    assertThat(Shell.eventually(() -> lab.headscale().online("na") && lab.headscale().online("nb")))
        .as("the map stream comes back by itself: %s", a.logText())
        .isTrue();
    assertThat(lab.pings("na", address, 3)).isEqualTo(3);
  }

  @Test
  void aServerThatCannotBeReachedIsRetriedForEverAndSaidOnce() {
    lab.headscale().stop();
    TailjarNode node =
        lab.tailjar("na").with("TAILSCALE_KEY", "hskey-auth-none-" + "x".repeat(64)).start();
    assertThat(Shell.eventually(() -> node.logText().contains("10.77.0.1:8443"))).isTrue();
    Shell.pause(Duration.ofSeconds(6));

    assertThat(node.logText().lines().filter(line -> line.contains("cannot")))
        .hasSizeLessThanOrEqualTo(1);
    assertThat(node.logText()).doesNotContain("hskey-auth-none");

    node.kill();
    lab.headscale().start();
    node.join();
  }

  @Test
  void plainHttpToAPublicAddressIsWarnedOfOnce() {
    // 192.0.2.0/24 is for documentation (RFC 5737): public by its kind, and not to be found in the
    // lab.
    TailjarNode node =
        lab.tailjar("na")
            .with("TAILSCALE_SERVER_URL", "http://192.0.2.1:8080")
            .with("TAILSCALE_KEY", "none")
            .start();
    assertThat(Shell.eventually(() -> node.logText().contains("trying on")))
        .as(node.logText())
        .isTrue();
    assertThat(node.logText().lines().filter(line -> line.contains("plain http"))).hasSize(1);
  }

  @Test
  void anEphemeralNodeIsLoggedOutOnStop() {
    TailjarNode node = lab.tailjar("na").with("TAILSCALE_EPHEMERAL", "true").join("--ephemeral");
    assertThat(lab.server().nodeCount()).isEqualTo(1);
    assertThat(node.terminate()).isZero();
    assertThat(Shell.eventually(() -> lab.server().nodeCount() == 0)).isTrue();
  }

  @Test
  void theIncumbentsCommandLineReadsOurSocket() {
    Requirements.need("tailscale");
    TailjarNode node = lab.tailjar("na").join();
    Shell.Result status =
        lab.run("na", "tailscale", "--socket", lab.file("na.sock").toString(), "status");
    assertThat(status.succeeded().output()).contains(node.ip4()).contains("na");
  }

  @Test
  void whoIsAndNetcheckTellWhatTheNodeKnows() {
    Requirements.need("tailscale");
    TailjarNode peer = lab.tailjar("nb").join();
    TailjarNode node = lab.tailjar("na").join();
    String address = peer.ip4();
    assertThat(Shell.eventually(() -> node.peersOnline() == 1)).isTrue();

    String found = node.tailjar("whois", address + ":80").succeeded().output();
    assertThat(found).contains("nb.example.ts", address + "/32");
    String socket = lab.file("na.sock").toString();
    assertThat(lab.run("na", "tailscale", "--socket", socket, "whois", address).output())
        .isEqualTo(found);
    assertThat(node.tailjar("whois", "100.127.255.1").status()).isEqualTo(1);
    assertThat(Shell.eventually(() -> node.tailjar("netcheck").status() == 0)).isTrue();
    assertThat(node.tailjar("netcheck").succeeded().output())
        .contains("* UDP: true", "* IPv4: yes, 10.77.0.", "* Nearest DERP: hs");
    assertThat(node.tailjar("netcheck", "--json").succeeded().output())
        .contains("\"PreferredDERP\": 999", "\"GlobalV4\": \"10.77.0.");
  }

  private void assertNothingLeft() {
    assertThat(lab.run("na", "ip", "link").output()).doesNotContain("tailscale0");
    assertThat(lab.run("na", "ip", "rule").output()).doesNotContain("52").doesNotContain("0x80000");
    assertThat(lab.run("na", "ip", "-6", "rule").output())
        .doesNotContain("52")
        .doesNotContain("0x80000");
    assertThat(lab.run("na", "ip", "route", "show", "table", "52").output()).doesNotContain("dev");
  }
}
