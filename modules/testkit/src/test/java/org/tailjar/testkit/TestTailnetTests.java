package org.tailjar.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.headscale.DnsConfig;
import org.tailjar.headscale.DnsResolver;
import org.tailjar.headscale.FilterRuleWire;
import org.tailjar.headscale.Node;
import org.tailjar.headscale.Registration;

@Timeout(180)
class TestTailnetTests {

  private TestTailnet tailnet;

  @BeforeEach
  void start() throws IOException {
    tailnet =
        TestTailnet.builder()
            .offlineGrace(Duration.ofMillis(500))
            .ephemeralTimeout(Duration.ofMillis(100))
            .start();
  }

  @AfterEach
  void stop() {
    tailnet.close();
  }

  @Test
  void aNodeJoinsWithAKeyAndSeesItself() throws Exception {
    try (ClientNode node = new ClientNode(tailnet, "alpha")) {
      node.join(AuthKeyOptions.ONCE);
      Node self = node.awaitMap(map -> true).self();
      assertThat(self.name()).isEqualTo("alpha.test.ts.");
      assertThat(self.addresses()).containsExactly("100.64.0.1/32", "fd7a:115c:a1e0::1/128");
    }
  }

  @Test
  void peersSeeEachOtherComeAndGoOffline() throws Exception {
    try (ClientNode first = new ClientNode(tailnet, "alpha")) {
      first.join(AuthKeyOptions.REUSABLE);
      first.awaitMap(map -> map.peers().isEmpty());
      try (ClientNode second = new ClientNode(tailnet, "beta")) {
        second.join(AuthKeyOptions.REUSABLE);
        first.awaitMap(map -> isOnline(second.find(map.peers())));
        second.awaitMap(map -> first.find(map.peers()) != null);
      }
      first.awaitMap(map -> map.peers().stream().noneMatch(TestTailnetTests::isOnline));
    }
  }

  @Test
  void aLiteUpdateReachesThePeers() throws Exception {
    try (ClientNode first = new ClientNode(tailnet, "alpha");
        ClientNode second = new ClientNode(tailnet, "beta")) {
      first.join(AuthKeyOptions.REUSABLE);
      second.join(AuthKeyOptions.REUSABLE);
      second.awaitMap(map -> true);
      second.announce("192.0.2.7:41641", TestTailnet.DERP_REGION);
      first.awaitMap(
          map -> {
            Node peer = second.find(map.peers());
            return peer != null
                && peer.homeDerp() == TestTailnet.DERP_REGION
                && List.of("192.0.2.7:41641").equals(peer.endpoints());
          });
    }
  }

  @Test
  void aKnownNodeNeedsNoKey() throws Exception {
    try (ClientNode node = new ClientNode(tailnet, "alpha")) {
      node.join(AuthKeyOptions.ONCE);
      assertThat(node.register(null)).isInstanceOf(Registration.Registered.class);
    }
  }

  @Test
  void aKeyForOneNodeIsRefusedTheSecondTime() throws Exception {
    String key = tailnet.control().newAuthKey(AuthKeyOptions.ONCE);
    try (ClientNode first = new ClientNode(tailnet, "alpha");
        ClientNode second = new ClientNode(tailnet, "beta")) {
      assertThat(first.register(key)).isInstanceOf(Registration.Registered.class);
      assertThat(second.register(key)).isEqualTo(new Registration.Rejected("authkey already used"));
    }
  }

  @Test
  void anExpiredKeyIsRefused() throws Exception {
    String key = tailnet.control().newAuthKey(AuthKeyOptions.REUSABLE.until(Instant.EPOCH));
    try (ClientNode node = new ClientNode(tailnet, "alpha")) {
      assertThat(node.register(key)).isEqualTo(new Registration.Rejected("authkey expired"));
    }
  }

  @Test
  void aLoginWaitsForItsApproval() throws Exception {
    try (ClientNode node = new ClientNode(tailnet, "alpha")) {
      Registration first = node.register(null);
      assertThat(first).isInstanceOf(Registration.NeedsLogin.class);
      String url = ((Registration.NeedsLogin) first).authUrl();
      CompletableFuture<Registration> second = node.awaitLogin(url);
      tailnet.control().approve(url, AuthKeyOptions.ONCE);
      assertThat(second.join()).isInstanceOf(Registration.Registered.class);
    }
  }

  @Test
  void anEphemeralNodeIsGoneAfterItsLogout() throws Exception {
    try (ClientNode node = new ClientNode(tailnet, "alpha")) {
      node.join(AuthKeyOptions.EPHEMERAL);
      node.logout();
      assertThat(tailnet.control().nodes()).isEmpty();
    }
  }

  @Test
  void anEphemeralNodeIsGoneSomeTimeAfterItWentOffline() throws Exception {
    try (ClientNode first = new ClientNode(tailnet, "alpha")) {
      first.join(AuthKeyOptions.REUSABLE);
      try (ClientNode second = new ClientNode(tailnet, "beta")) {
        second.join(AuthKeyOptions.EPHEMERAL);
        first.awaitMap(map -> isOnline(second.find(map.peers())));
      }
      first.awaitMap(map -> map.peers().stream().noneMatch(TestTailnetTests::isOnline));
      first.awaitMap(map -> map.peers().isEmpty());
      assertThat(tailnet.control().nodes()).hasSize(1);
    }
  }

  @Test
  void aNodeThatComesBackInTimeWasNeverOffline() throws Exception {
    tailnet.close();
    tailnet = TestTailnet.builder().offlineGrace(Duration.ofMinutes(5)).start();
    try (ClientNode first = new ClientNode(tailnet, "alpha");
        ClientNode second = new ClientNode(tailnet, "beta")) {
      joinBoth(first, second);
      second.reconnect();
      second.announce("192.0.2.9:1", TestTailnet.DERP_REGION);
      first.awaitMap(
          map -> {
            Node peer = second.find(map.peers());
            assertThat(isOnline(peer)).isTrue();
            return List.of("192.0.2.9:1").equals(peer.endpoints());
          });
    }
  }

  @Test
  void aDeletedNodeIsGoneForItsPeersAndMustRegisterAgain() throws Exception {
    try (ClientNode first = new ClientNode(tailnet, "alpha");
        ClientNode second = new ClientNode(tailnet, "beta")) {
      joinBoth(first, second);
      tailnet.control().remove(second.id());
      first.awaitMap(map -> map.peers().isEmpty());
      second.awaitUnknown();
      assertThat(second.register(null)).isInstanceOf(Registration.NeedsLogin.class);
    }
  }

  @Test
  void anExpiredNodeLearnsOfItAndItsPeersToo() throws Exception {
    try (ClientNode first = new ClientNode(tailnet, "alpha");
        ClientNode second = new ClientNode(tailnet, "beta")) {
      joinBoth(first, second);
      tailnet.control().expire(second.id());
      first.awaitMap(map -> isPast(second.find(map.peers()).keyExpiry()));
      second.awaitMap(map -> isPast(map.self().keyExpiry()));
    }
  }

  @Test
  void addressesGoOnFromTheLastOneThoughItsNodeIsGone() throws Exception {
    try (ClientNode first = new ClientNode(tailnet, "alpha");
        ClientNode second = new ClientNode(tailnet, "beta")) {
      first.join(AuthKeyOptions.REUSABLE);
      tailnet.control().remove(first.id());
      second.join(AuthKeyOptions.REUSABLE);
      assertThat(second.awaitMap(map -> true).self().addresses())
          .containsExactly("100.64.0.2/32", "fd7a:115c:a1e0::2/128");
    }
  }

  @Test
  void dnsSettingsReachTheNodes() throws Exception {
    try (ClientNode node = new ClientNode(tailnet, "alpha")) {
      node.join(AuthKeyOptions.ONCE);
      node.awaitMap(map -> map.dnsConfig() != null && map.dnsConfig().proxied());
      DnsConfig settings =
          new DnsConfig(
              List.of(new DnsResolver("192.0.2.53", null, false)),
              Map.of(),
              null,
              List.of("example"),
              false,
              null,
              null);
      tailnet.control().dns(settings);
      node.awaitMap(map -> settings.equals(map.dnsConfig()));
    }
  }

  @Test
  void aKeyGivesItsNodesTheirTags() throws Exception {
    try (ClientNode node = new ClientNode(tailnet, "alpha")) {
      node.join(AuthKeyOptions.ONCE.tagged("tag:web"));
      assertThat(node.awaitMap(map -> true).self().tags()).containsExactly("tag:web");
    }
  }

  @Test
  void anotherNodeStaysAfterItsLogoutWithAnExpiredKey() throws Exception {
    try (ClientNode node = new ClientNode(tailnet, "alpha")) {
      node.join(AuthKeyOptions.REUSABLE);
      node.logout();
      assertThat(tailnet.control().nodes()).singleElement().matches(Node::expired);
      assertThat(node.register(null)).isInstanceOf(Registration.KeyExpired.class);
    }
  }

  @Test
  void aFilterReachesTheNodes() throws Exception {
    try (ClientNode node = new ClientNode(tailnet, "alpha")) {
      node.join(AuthKeyOptions.ONCE);
      node.awaitMap(map -> !map.packetFilter().isEmpty());
      tailnet.control().filter(List.of());
      node.awaitMap(map -> map.packetFilter().isEmpty());
      FilterRuleWire rule = FilterRules.allow("100.64.0.0/10", "100.64.0.1", 443);
      tailnet.control().filter(List.of(rule));
      node.awaitMap(map -> map.packetFilter().equals(List.of(rule)));
    }
  }

  @Test
  void aStrangerIsNotKnown() {
    assertThat(tailnet.control().knows(NodePublicKey.ZERO)).isFalse();
  }

  private static void joinBoth(ClientNode first, ClientNode second) throws Exception {
    first.join(AuthKeyOptions.REUSABLE);
    second.join(AuthKeyOptions.REUSABLE);
    first.awaitMap(map -> isOnline(second.find(map.peers())));
  }

  private static boolean isPast(@Nullable Instant time) {
    return time != null && time.isBefore(Instant.now());
  }

  private static boolean isOnline(@Nullable Node node) {
    return node != null && Boolean.TRUE.equals(node.online());
  }
}
