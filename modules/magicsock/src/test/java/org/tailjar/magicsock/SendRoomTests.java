package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SendRoomTests {

  private static final Duration TICK = Duration.ofMillis(20);

  private long now = Long.MAX_VALUE - Duration.ofMinutes(5).toNanos();
  private final List<Level> lines = new ArrayList<>();
  private String last = "";
  private final SendRoom room =
      new SendRoom(
          () -> now,
          (level, line) -> {
            lines.add(level);
            last = line;
          });

  private void after(Duration time) {
    now += time.toNanos();
  }

  private void lossesFor(Duration time) {
    for (long left = time.toNanos(); left >= 0; left -= TICK.toNanos()) {
      room.lost(40);
      room.sent();
      after(TICK);
    }
  }

  @Test
  void aBurstThatDoesNotFitIsNoNews() {
    lossesFor(SendRoom.BURST.minus(TICK));
    after(SendRoom.GOOD);
    room.sent();
    room.lost(1);
    after(SendRoom.GOOD);
    room.sent();
    assertThat(lines).containsExactly(Level.DEBUG, Level.DEBUG);
  }

  @Test
  void lossesThatStandAloneAreCountedAndNoWarning() {
    for (int i = 0; i < 100; i++) {
      room.lost(1);
      room.sent();
      after(SendRoom.REPEAT.plus(TICK));
    }
    assertThat(lines).isEmpty();
    after(SendRoom.GOOD);
    room.sent();
    assertThat(lines).containsExactly(Level.DEBUG);
    assertThat(last).endsWith(": 100 packets were lost in 199 s");
  }

  @Test
  void lossesThatRepeatAreAWarningThoughSomethingIsSentInBetween() {
    room.lost(1);
    room.sent();
    after(SendRoom.REPEAT);
    room.lost(1);
    assertThat(lines).containsExactly(Level.WARNING);
  }

  @Test
  void anHourOfLossesIsALineAndItsEndAnother() {
    lossesFor(Duration.ofHours(1));
    assertThat(lines).containsExactly(Level.WARNING);
    after(SendRoom.GOOD);
    room.sent();
    room.sent();
    assertThat(lines).containsExactly(Level.WARNING, Level.INFO);
    assertThat(last).endsWith(": " + 40 * 180_001 + " packets were lost in 3600 s");
  }

  @Test
  void theEndIsSaidOnlyAfterAGoodTime() {
    lossesFor(Duration.ofSeconds(2));
    for (int i = 0; i < 100; i++) {
      room.lost(1);
      after(SendRoom.GOOD.minus(TICK));
      room.sent();
    }
    assertThat(lines).containsExactly(Level.WARNING);
  }

  @Test
  void whatNobodySendsIsNoProofOfRoom() {
    room.lost(1);
    after(SendRoom.GOOD.multipliedBy(10));
    room.lost(1);
    assertThat(lines).containsExactly(Level.WARNING);
  }

  @Test
  void theNextEpisodeIsSaidAgainWithItsOwnCount() {
    for (int i = 0; i < 2; i++) {
      lossesFor(Duration.ofSeconds(2));
      after(SendRoom.GOOD);
      room.sent();
      assertThat(last).endsWith(": 4040 packets were lost in 2 s");
    }
    assertThat(lines).containsExactly(Level.WARNING, Level.INFO, Level.WARNING, Level.INFO);
  }
}
