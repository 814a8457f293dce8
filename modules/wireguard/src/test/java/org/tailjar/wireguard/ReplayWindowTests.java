package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReplayWindowTests {

  private final ReplayWindow window = new ReplayWindow();

  @Test
  void aCounterPassesOnce() {
    for (long counter : new long[] {0, 1, 9, 8, 7, 6, 5, 4, 3, 2, 63, 64, 65}) {
      assertThat(take(counter)).as("first %d", counter).isTrue();
      assertThat(take(counter)).as("second %d", counter).isFalse();
    }
  }

  @Test
  void theWindowIs8192CountersWide() {
    assertThat(take(100_000)).isTrue();
    assertThat(take(100_000 - 8191)).isTrue();
    assertThat(take(100_000 - 8192)).isFalse();
    assertThat(take(0)).isFalse();
  }

  @Test
  void lookingDoesNotTake() {
    assertThat(window.accepts(5)).isTrue();
    assertThat(window.accepts(5)).isTrue();
    // A forged message with a great counter must not push others out.
    assertThat(window.accepts(Long.MAX_VALUE)).isTrue();
    assertThat(take(5)).isTrue();
  }

  @Test
  void countersAreUnsigned() {
    long last = Session.REJECT_AFTER_MESSAGES - 1;
    assertThat(take(1)).isTrue();
    assertThat(take(Long.MAX_VALUE)).isTrue();
    assertThat(take(Long.MIN_VALUE)).isTrue();
    assertThat(take(Long.MAX_VALUE)).isFalse();
    assertThat(take(last)).isTrue();
    assertThat(take(last - 1)).isTrue();
    assertThat(take(last)).isFalse();
    assertThat(take(2)).isFalse();
    assertThat(take(Long.MIN_VALUE)).isFalse();
  }

  @Test
  void itAgreesWithASetOfCounters() {
    Random random = new Random(7);
    Set<Long> seen = new HashSet<>();
    long greatest = 0;
    for (int i = 0; i < 200_000; i++) {
      long jump = random.nextInt(1000) == 0 ? random.nextInt(40_000) : random.nextInt(30);
      long counter =
          random.nextInt(3) == 0
              ? greatest + jump
              : Math.max(0, greatest - random.nextInt(random.nextInt(50) == 0 ? 9000 : 100));
      boolean expected = greatest - counter < ReplayWindow.SIZE && !seen.contains(counter);
      assertThat(take(counter)).as("counter %d at %d", counter, greatest).isEqualTo(expected);
      seen.add(counter);
      greatest = Math.max(greatest, counter);
    }
  }

  private boolean take(long counter) {
    boolean accepted = window.accepts(counter);
    if (accepted) {
      window.mark(counter);
    }
    return accepted;
  }
}
