package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A node that starts anew is reached again soon by peers that send to it and to which it sends
 * nothing of its own: they have sessions and paths of its former life.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RestartTests {

  private Lab lab;
  private TailjarNode node;

  @BeforeAll
  void join() {
    lab = Lab.start(Lab.Scheme.HTTP);
    node = lab.tailjar("na").join();
    lab.tailjar("nb").join();
    node.without("TAILSCALE_KEY");
  }

  @AfterAll
  void leave() {
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aNodeThatStartsAnewIsReachedByWhoSendsToItAlone(boolean elsewhere) {
    PingStream pings = PingStream.start(lab, "nb", node.ip4());
    pings.awaitAnswers(25);
    long killed = System.nanoTime();
    node.kill();
    if (elsewhere) {
      lab.run("na", "ip", "addr", "flush", "dev", "eth0").succeeded();
      lab.run("na", "ip", "addr", "add", "10.77.0.12/24", "dev", "eth0").succeeded();
    }
    node.start().awaitReady();
    // What a JVM takes to start is the machine's.
    Duration away = Duration.ofNanos(System.nanoTime() - killed);
    pings.awaitAnswers(25);

    PingStream.Figures figures =
        pings.stop().of(elsewhere ? "restart with another address" : "restart");
    // WireGuard would take notice of the silence 15 s after the kill.
    assertThat(figures.longestSilence()).isLessThan(away.plus(Duration.ofSeconds(8)));
  }
}
