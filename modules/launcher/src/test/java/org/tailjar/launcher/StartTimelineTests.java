package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.tailjar.tailnet.NodeStatus;

class StartTimelineTests {

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
