package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpMap;
import org.tailjar.packet.Path;

@Timeout(120)
class MagicsockTests {

  private final FakeRelays.Hub hub = new FakeRelays.Hub();
  private final DerpMap map = FakeRelays.map(-1);
  private TestNode a;
  private TestNode b;

  @BeforeEach
  void start() throws IOException {
    a = TestNode.at(hub);
    b = TestNode.at(hub);
  }

  @AfterEach
  void stop() {
    a.close();
    b.close();
  }

  private static void awaitDirect(TestNode from, TestNode to) {
    Await.until(
        "a direct path",
        () -> {
          from.send(to, 1, 100);
          return from.isDirectTo(to);
        });
  }

  @Test
  void aPeerWithoutEndpointsIsReachedByTheRelay() throws Exception {
    a.knows(b, map);
    b.knows(a, map);
    Await.until("a route", () -> a.magicsock.route(a.magicsock.endpoint(b.key)) != null);
    a.send(b, 5, 100);
    for (int i = 0; i < 5; i++) {
      TestNode.Received message = b.next();
      assertThat(message.path()).hasToString("relay fake");
      assertThat(message.bytes()).hasSize(100).endsWith((byte) i);
    }
  }

  @Test
  void twoNodesFindADirectPathAndUseItAlone() throws Exception {
    a.knows(b, map, b.loopback());
    b.knows(a, map);
    awaitDirect(a, b);
    Route route = a.magicsock.route(a.magicsock.endpoint(b.key));
    assertThat(route.second()).isNull();
    assertThat(route.first().toString()).endsWith(":" + b.magicsock.port());
  }

  /** One knows an address at which nobody is, the other none: so only a CallMeMaybe can help. */
  @Test
  void aCallMeMaybeLeadsTwoThatKnowNoEndpointOfEachOtherToADirectPath() throws Exception {
    try (DatagramSocket nobody = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
      a.knows(b, map, new InetSocketAddress("127.0.0.1", nobody.getLocalPort()));
      b.knows(a, map);
      Await.until(
          "both direct",
          () -> {
            a.send(b, 1, 100);
            b.send(a, 1, 100);
            return a.isDirectTo(b) && b.isDirectTo(a);
          });
    }
  }

  @Test
  void aPingOfAPersonIsAnsweredByTheRelayAndThenDirectly() throws Exception {
    a.knows(b, map, b.loopback());
    b.knows(a, map);
    Await.until("a route", () -> a.magicsock.route(a.magicsock.endpoint(b.key)) != null);
    PathPing first = a.magicsock.ping(b.key).get(10, TimeUnit.SECONDS);
    assertThat(first).isNotInstanceOf(PathPing.NoAnswer.class);
    Await.until("a direct path", () -> a.isDirectTo(b));
    assertThat(a.magicsock.ping(b.key).get(10, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            PathPing.Direct.class,
            direct -> {
              // One of its addresses: which one is best is a matter of microseconds here.
              assertThat(direct.endpoint().getPort()).isEqualTo(b.magicsock.port());
              assertThat(direct.latency()).isPositive();
            });
  }

  /** Who roams may come back to where it was before. */
  @Test
  void aPeerWithoutDiscoIsFollowedToAnAddressThatItHadBefore() throws Exception {
    NodePublicKey plain = NodePrivateKey.generate().publicKey();
    a.magicsock.apply(
        new PathConfig(
            List.of(new PathConfig.Peer(plain, DiscoPublicKey.ZERO, 0, List.of())), map));
    try (DatagramSocket home = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"));
        DatagramSocket away = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
      for (DatagramSocket from : List.of(home, away, home, away, home)) {
        byte[] message = new byte[32];
        message[0] = 4;
        from.send(new DatagramPacket(message, message.length, a.loopback()));
        Path path = a.next().path();
        // As if it was authentic.
        a.onReceiver(
            () -> a.magicsock.confirmed(Objects.requireNonNull(a.magicsock.endpoint(plain)), path));
        Route route = a.magicsock.route(Objects.requireNonNull(a.magicsock.endpoint(plain)));
        assertThat(route).isNotNull();
        assertThat(route.first().toString()).endsWith(":" + from.getLocalPort());
      }
    }
  }

  @Test
  void aPeerWithAnotherDiscoKeyIsNotTrustedAnyMore() throws Exception {
    a.knows(b, map, b.loopback());
    b.knows(a, map);
    awaitDirect(a, b);
    TestNode other = TestNode.at(hub);
    try (other) {
      a.magicsock.apply(
          new PathConfig(
              List.of(
                  new PathConfig.Peer(
                      b.key, other.discoKey.publicKey(), FakeRelays.REGION, List.of())),
              map));
      Await.until("the relay", () -> !a.isDirectTo(b));
      assertThat(a.magicsock.route(a.magicsock.endpoint(b.key)).first()).hasToString("relay fake");
    }
  }

  @Test
  void aPeerThatKnowsTheFormerKeyIsMetAsOneThatKnowsThePresentOne() throws Exception {
    DiscoPrivateKey former = DiscoPrivateKey.generate();
    try (TestNode restarted = TestNode.at(hub, former)) {
      restarted.knows(b, map, b.loopback());
      b.knows(restarted, former, map, restarted.loopback());
      awaitDirect(restarted, b);
      awaitDirect(b, restarted);

      b.knows(restarted, map, restarted.loopback());
      Await.until("the peer has taken the present key", () -> !b.isDirectTo(restarted));
      awaitDirect(b, restarted);
      assertThat(restarted.isDirectTo(b)).as("kept").isTrue();
    }
  }

  @Test
  void eitherKeyServesAPingOfAPersonByTheRelay() throws Exception {
    DiscoPrivateKey former = DiscoPrivateKey.generate();
    try (TestNode restarted = TestNode.at(hub, former)) {
      for (DiscoPrivateKey known : List.of(former, restarted.discoKey)) {
        restarted.knows(b, map);
        b.knows(restarted, known, map);
        for (TestNode[] pair : new TestNode[][] {{restarted, b}, {b, restarted}}) {
          Await.until(
              "a route",
              () -> pair[0].magicsock.route(pair[0].magicsock.endpoint(pair[1].key)) != null);
          assertThat(pair[0].magicsock.ping(pair[1].key).get(10, TimeUnit.SECONDS))
              .isNotInstanceOf(PathPing.NoAnswer.class);
        }
      }
    }
  }

  @Test
  void anUnknownPeerHasNoEndpointAndNoStatus() {
    assertThat(a.magicsock.endpoint(b.key)).isNull();
    assertThat(a.magicsock.status(b.key)).isEmpty();
    assertThat(a.magicsock.ping(b.key)).isCompletedWithValue(new PathPing.UnknownPeer());
  }

  @Test
  void withoutARelayToAskNothingCountsAsMeasured() throws Exception {
    Await.until("endpoints", () -> !a.magicsock.localPaths().endpoints().isEmpty());
    assertThat(a.magicsock.localPaths().measured()).isEmpty();
  }

  @Test
  void theOnlyRegionIsHomeAndIsTold() throws Exception {
    a.knows(b, map);
    Await.until("home", () -> a.magicsock.localPaths().homeRegion() == FakeRelays.REGION);
    Await.until("endpoints", () -> !a.magicsock.localPaths().endpoints().isEmpty());
    Await.until("a measurement", () -> a.magicsock.localPaths().measured().isPresent());
    Await.until(
        "it is told",
        () -> a.told.stream().anyMatch(paths -> paths.homeRegion() == FakeRelays.REGION));
  }
}
