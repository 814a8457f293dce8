package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.derp.DerpMap;

/** Against the relay and the STUN server of a real headscale, by http and by https. */
@Timeout(180)
class RealHeadscaleTests {

  @ParameterizedTest(name = "tls {0}")
  @ValueSource(booleans = {false, true})
  void nodesMeetAtTheRelayAndFindADirectPath(boolean tls) throws Exception {
    Optional<RealHeadscale> started = RealHeadscale.start(tls);
    assumeTrue(started.isPresent(), "no headscale on PATH");
    try (RealHeadscale headscale = started.get();
        TestNode a = headscale.node();
        TestNode b = headscale.node()) {
      DerpMap map = headscale.map();
      a.knows(b, map);
      b.knows(a, map);
      Await.until("STUN answers", () -> a.magicsock.localPaths().udpWorks());
      assertThat(a.magicsock.localPaths().endpoints())
          .contains(new LocalEndpoint(a.loopback(), LocalEndpoint.Kind.STUN));
      assertThat(a.magicsock.localPaths().measured().orElseThrow().seen()).startsWith(a.loopback());
      assertThat(a.magicsock.localPaths().latencies()).containsOnlyKeys(RealHeadscale.REGION);
      // Both are connected once a packet came through; what was sent earlier is lost.
      Await.until(
          "a packet by the relay",
          () -> {
            a.send(b, 1, 64);
            return !b.received.isEmpty();
          });
      assertThat(b.next().path()).hasToString("relay test");
      b.received.clear();
      // The server's queue for a client holds 32 packets and drops what is too much.
      a.send(b, 20, 1312);
      int arrived = 0;
      while (arrived < 20) {
        TestNode.Received message = b.next();
        if (message.bytes().length == 1312) {
          assertThat(message.bytes()[1311]).isEqualTo((byte) arrived++);
        }
      }
      assertThat(a.magicsock.ping(b.key).get(10, TimeUnit.SECONDS))
          .isInstanceOf(PathPing.Relayed.class);
      a.knows(b, map, b.loopback());
      Await.until(
          "a direct path",
          () -> {
            a.send(b, 1, 64);
            return a.isDirectTo(b);
          });
    }
  }
}
