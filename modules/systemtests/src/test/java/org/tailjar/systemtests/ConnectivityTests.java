package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * Two nodes of ours and a real tailscaled on one tailnet: directly, through the relay while UDP is
 * blocked, and directly again. The order of the tests is the story; each leaves the lab as the next
 * expects it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@DisplayNameGeneration(DisplayNameGenerator.Simple.class)
abstract class ConnectivityTests {

  private static final int MEGABYTES = 100;

  /** Packets in a system call, and so many transfers may try for it. */
  private static final int MANY = 20;

  private static final int TRANSFERS = 6;

  @AutoClose private final Lab lab;
  private TailjarNode a;
  private TailjarNode b;
  private TailscaledNode incumbent;

  ConnectivityTests(Lab.Scheme scheme) {
    lab = Lab.start(scheme);
  }

  @BeforeAll
  void joinAll() {
    a = prepared(lab.tailjar("na")).join();
    b = prepared(lab.tailjar("nb")).join();
    incumbent = lab.tailscaled("nc");
  }

  /** Changes how a node of ours is started. */
  TailjarNode prepared(TailjarNode node) {
    return node;
  }

  TailjarNode first() {
    return a;
  }

  @Test
  @Order(1)
  void theServerShowsTheNodesOnline() {
    assertThat(
            Shell.eventually(
                Duration.ofSeconds(10),
                () -> lab.headscale().online("na") && lab.headscale().online("nb")))
        .as("headscale nodes list: %s", lab.headscale().run("nodes", "list").output())
        .isTrue();
  }

  @Test
  @Order(2)
  void theFirstPingIsAnswered() {
    // The server tells of a node a second before it tells of the ways to it.
    for (TailjarNode node : List.of(a, b)) {
      assertThat(Shell.eventually(Duration.ofSeconds(10), () -> node.peersOnline() == 2))
          .as("two peers online: %s", node.tailjar("status").output())
          .isTrue();
    }
    assertThat(lab.pings("na", b.ip4(), 1)).isEqualTo(1);
    assertThat(lab.pings("na", incumbent.ip4(), 1)).isEqualTo(1);
    assertThat(lab.pings("nb", incumbent.ip6(), 1)).isEqualTo(1);
  }

  @Test
  @Order(3)
  void dataArrivesUnchangedOnADirectPath() {
    awaitDirect();
    copyAround(MEGABYTES);
  }

  /**
   * The mean of a whole transfer depends on how busy the machine is, since a reader that is late
   * finds more: so it is the best of a few that must reach what a path without offloads, which
   * carries one packet with a call, never can.
   */
  @Test
  @Order(4)
  void aBulkTransferMovesManyPacketsWithEachSystemCall() {
    Map<String, Double> best = new LinkedHashMap<>();
    for (int i = 0; i < TRANSFERS && !manyInEach(best); i++) {
      packetsPerCall(MEGABYTES).forEach((call, mean) -> best.merge(call, mean, Math::max));
    }
    assertThat(manyInEach(best)).as("more than %s packets in each: %s", MANY, best).isTrue();
  }

  private static boolean manyInEach(Map<String, Double> packetsPerCall) {
    return !packetsPerCall.isEmpty()
        && packetsPerCall.values().stream().allMatch(mean -> mean > MANY);
  }

  private Map<String, Double> packetsPerCall(int megabytes) {
    TailjarNode.Calls read = a.calls("TunRead");
    TailjarNode.Calls sent = a.calls("UDPSend");
    TailjarNode.Calls received = b.calls("UDPReceive");
    TailjarNode.Calls written = b.calls("TunWrite");

    lab.copy("na", "nb", b.ip4(), megabytes);

    return Map.of(
        "TUN read", a.calls("TunRead").meanSince(read),
        "UDP send", a.calls("UDPSend").meanSince(sent),
        "UDP receive", b.calls("UDPReceive").meanSince(received),
        "TUN write", b.calls("TunWrite").meanSince(written));
  }

  @Test
  @Order(5)
  void dataArrivesUnchangedThroughTheRelayWhileUdpIsBlocked() {
    lab.blockUdp("na", "nb", "nc");
    try {
      assertThat(
              Shell.eventually(
                  Duration.ofSeconds(30),
                  () -> a.tailjar("ping", b.ip4()).output().contains("DERP(hs)")))
          .as("tailjar ping says DERP(hs): %s", a.tailjar("ping", b.ip4()).output())
          .isTrue();
      copyAround(MEGABYTES);
    } finally {
      lab.unblockUdp("na", "nb", "nc");
    }
  }

  @Test
  @Order(6)
  void thePathIsDirectAgainWhenUdpWorksAgain() {
    awaitDirect();
    lab.copy("na", "nb", b.ip4(), 20);
  }

  private void awaitDirect() {
    assertDirect("na", b.ip4());
    assertDirect("na", incumbent.ip4());
    assertDirect("nb", incumbent.ip4());
  }

  /** Pings keep the path in use, since an idle one is not kept alive. */
  private void assertDirect(String from, String address) {
    TailjarNode node = from.equals("na") ? a : b;
    assertThat(
            Shell.eventually(
                Duration.ofSeconds(40),
                () -> {
                  lab.pings(from, address, 1);
                  return node.tailjar("ping", address).output().contains("via 10.77.0.");
                }))
        .as(
            "%s reaches %s directly: %s; %s",
            from, address, node.tailjar("ping", address).output(), node.logText())
        .isTrue();
  }

  private void copyAround(int megabytes) {
    lab.copy("na", "nb", b.ip4(), megabytes);
    lab.copy("nb", "na", a.ip4(), megabytes);
    lab.copy("na", "nb", b.ip6(), megabytes);
    lab.copy("nb", "na", a.ip6(), megabytes);
    lab.copy("na", "nc", incumbent.ip4(), megabytes);
    lab.copy("nc", "na", a.ip4(), megabytes);
    lab.copy("na", "nc", incumbent.ip6(), megabytes);
    lab.copy("nc", "na", a.ip6(), megabytes);
  }
}
