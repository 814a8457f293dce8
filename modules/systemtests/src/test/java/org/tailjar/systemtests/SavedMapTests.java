package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Nodes that start while the server, and with it their only relay, is away: by the network map of
 * their last life, filter included. The order of the tests is the story.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@DisplayNameGeneration(DisplayNameGenerator.Simple.class)
class SavedMapTests {

  private static final int SAVED_PORT = 7001;
  private static final int LIVE_PORT = 7002;

  @AutoClose private final Lab lab = Lab.start(Lab.Scheme.HTTP);
  private TailjarNode a;
  private TailjarNode b;
  private String address;

  @BeforeAll
  void joinAndLoseTheServer() {
    Requirements.need("curl");
    allow(SAVED_PORT);
    a = lab.tailjar("na").join();
    b = lab.tailjar("nb").join();
    address = b.ip4();
    assertThat(
            Shell.eventually(
                () ->
                    passes(SAVED_PORT)
                        && a.tailjar("ping", address).output().contains("via 10.77.0.3:")))
        .as("direct while the server is there: %s", a.logText())
        .isTrue();
    a.without("TAILSCALE_KEY");
    b.without("TAILSCALE_KEY");
    lab.headscale().stop();
  }

  @Test
  @Order(1)
  void aNodeThatStartsWithoutTheServerReachesAPeerThatRanOn() {
    assertThat(a.terminate()).isZero();

    a.start().awaitReady();

    assertThat(Shell.eventually(() -> passes(SAVED_PORT))).as(a.logText()).isTrue();
  }

  @Test
  @Order(2)
  void twoNodesThatStartWithoutTheServerReachEachOtherAsTheSavedFilterAllows() {
    assertThat(a.terminate()).isZero();
    assertThat(b.terminate()).isZero();

    a.start().awaitReady();
    b.start().awaitReady();

    assertThat(Shell.eventually(() -> passes(SAVED_PORT))).as(a.logText()).isTrue();
    assertThat(passes(LIVE_PORT)).as("a port that the saved filter does not open").isFalse();
    assertThat(a.tailjar("ping", address).output()).contains("via 10.77.0.3:");
  }

  @Test
  @Order(3)
  void theyAreReadyAndSayThatTheServerIsAwayAndHowOldTheirMapIs() {
    for (TailjarNode node : new TailjarNode[] {a, b}) {
      assertThat(node.tailjar("healthcheck").status()).isZero();
      assertThat(node.tailjar("status").succeeded().output())
          .containsPattern("# Server: retrying: .*10\\.77\\.0\\.1:8443.*; network map \\d+ s old")
          .contains("the server is not connected");
      String life = node.logText();
      life = life.substring(life.lastIndexOf("up by the network map of "));
      assertThat(life.lines().filter(line -> line.contains("cannot reach " + lab.server().url())))
          .as("said once: %s", life)
          .hasSize(1);
    }
    for (String page : new String[] {"readyz", "livez"}) {
      lab.run("na", "curl", "-fsS", "--noproxy", "*", "http://127.0.0.1:9002/" + page).succeeded();
    }
  }

  @Test
  @Order(4)
  void theFirstLiveMapReplacesTheSavedOne() {
    lab.run("hs", "nft", "add", "table", "inet", "away").succeeded();
    lab.run(
            "hs",
            "nft",
            "add chain inet away i { type filter hook input priority 0 ; } ; "
                + "add rule inet away i iifname br0 tcp dport 8443 reject with tcp reset")
        .succeeded();
    lab.headscale().start();
    allow(LIVE_PORT);
    assertThat(passes(LIVE_PORT)).as("before a live map").isFalse();

    lab.run("hs", "nft", "delete", "table", "inet", "away").succeeded();

    assertThat(Shell.eventually(() -> passes(LIVE_PORT)))
        .as("the new port is open; log of nb: %s", b.logText())
        .isTrue();
    assertThat(passes(SAVED_PORT)).as("the port of the saved map").isFalse();
    for (TailjarNode node : new TailjarNode[] {a, b}) {
      assertThat(
              Shell.eventually(
                  () -> node.tailjar("status").output().contains("# Server: connected; ")))
          .as(node.logText())
          .isTrue();
    }
    assertThat(lab.server().nodeCount()).isEqualTo(2);
    assertThat(
            Shell.eventually(() -> a.tailjar("ping", address).output().contains("via 10.77.0.3:")))
        .as("direct with the keys of this life: %s", a.logText())
        .isTrue();
  }

  /** A policy that opens one TCP port and nothing else. */
  private void allow(int port) {
    lab.headscale()
        .policy(
            """
            {"grants": [{"src": ["*"], "dst": ["*"], "ip": ["tcp:%d"]}]}
            """
                .formatted(port));
  }

  private boolean passes(int port) {
    return TcpProbe.passes(lab, "na", "nb", address, port);
  }
}
