package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tailjar.tailnet.NodeStatus;

class StartTimelineTests {

  /** As a running JVM had it. */
  private static final String STAT =
      "1234 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 20 0 19 0 2844210 9 10";

  @Test
  void eachPhaseLastsSinceTheOneBefore() {
    var begin = Instant.parse("2026-01-01T00:00:00Z");
    var timeline =
        StartTimeline.from(begin)
            .end("JVM", begin.plusMillis(60))
            .end("configuration", begin.plusMillis(68));
    assertThat(timeline).hasToString("start: JVM 60 ms, configuration 8 ms: 68 ms in all");
  }

  @Test
  void theAgeOfAProcessIsCountedInTicksSinceTheBoot() {
    assertThat(StartTimeline.age("28442.73 51230.11\n", STAT)).isEqualTo(Duration.ofMillis(630));
  }

  @ParameterizedTest
  @CsvSource({
    "'', '1 (j) S'",
    "x y, '1 (j) S'",
    "1.00 2.00, '1 (j) S 1 2'",
    "28442.09 1.00, '" + STAT + "'"
  })
  void anAgeThatCannotBeReadIsRefused(String uptime, String stat) {
    assertThatThrownBy(() -> StartTimeline.age(uptime, stat))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** This test is older than a moment, and younger than the machine. */
  @Test
  void theAgeOfThisProcessIsKnown() throws IOException {
    var uptime = Files.readString(Path.of("/proc/uptime"));
    var age = StartTimeline.age(uptime, Files.readString(Path.of("/proc/self/stat")));
    var boot = Duration.ofSeconds(Double.valueOf(uptime.split(" ")[0]).longValue() + 1);
    assertThat(age).isPositive().isLessThan(boot);
  }

  @Test
  void followsANodeToItsFirstPacket() throws InterruptedException {
    var node = new FakeNode();
    var timeline = StartTimeline.from(Instant.now());
    timeline.follow(node, new CountDownLatch(1));
    assertThat(timeline.toString())
        .matches(
            "start: server \\d+ ms, network map \\d+ ms, first packet \\d+ ms: \\d+ ms in all");
  }

  @Test
  void aNodeThatStopsEarlyIsNotFollowed() throws InterruptedException {
    var node = new FakeNode();
    node.status = NodeStatus.initial(NodeStatus.State.STARTING);
    var stopping = new CountDownLatch(1);
    stopping.countDown();
    var timeline = StartTimeline.from(Instant.now());
    timeline.follow(node, stopping);
    assertThat(timeline).hasToString("start: : 0 ms in all");
  }

  @Test
  void aNodeWithoutPacketsIsFollowedForAMinuteOnly() throws InterruptedException {
    var node = new FakeNode();
    node.status = NodeStatus.initial(NodeStatus.State.RUNNING);
    var timeline = StartTimeline.from(Instant.now().minus(Duration.ofMinutes(2)));
    timeline.follow(node, new CountDownLatch(1));
    assertThat(timeline).hasToString("start: : 0 ms in all");
  }
}
