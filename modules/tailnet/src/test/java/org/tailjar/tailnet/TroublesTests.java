package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TroublesTests {
  private long now;
  private final List<String> lines = new ArrayList<>();
  private final Troubles troubles =
      new Troubles(
          () -> now,
          (level, line) -> {
            if (level.compareTo(Level.INFO) >= 0) {
              lines.add(line);
            }
          });

  @Test
  void anHourWithoutTheServerIsALineAndItsEndAnotherWithItsLength() {
    troubles.connected("hs");
    after(Duration.ofHours(5));
    for (int second = 0; second < 3600; second += 30) {
      troubles.lost("hs", "connection refused");
      after(Duration.ofSeconds(30));
    }
    troubles.connected("hs");
    assertThat(lines)
        .containsExactly(
            "cannot reach hs, trying on: connection refused",
            "connected to hs again, after 3600 s");
  }

  @Test
  void anOutageWithANewReasonEachTimeIsAHandfulOfLines() {
    for (int i = 0; i < 120; i++) {
      troubles.lost("hs", "request " + i + " failed");
      after(Duration.ofSeconds(30));
    }
    assertThat(lines).hasSizeLessThanOrEqualTo(8);
  }

  @Test
  void anHourOfAStreamThatIsCutEachThreeMinutesIsAHandfulOfLines() {
    for (int minute = 0; minute < 60; minute += 3) {
      troubles.connected("hs");
      after(Duration.ofMinutes(3));
      troubles.lost("hs", "the stream ended");
    }
    assertThat(lines).hasSizeBetween(2, 8);
  }

  @Test
  void anOutageLongAfterAnotherIsSaidAgain() {
    for (int i = 0; i < 2; i++) {
      troubles.lost("hs", "connection refused");
      troubles.connected("hs");
      after(Duration.ofMinutes(30));
    }
    assertThat(lines).hasSize(4);
  }

  private void after(Duration time) {
    now += time.toNanos();
  }
}
