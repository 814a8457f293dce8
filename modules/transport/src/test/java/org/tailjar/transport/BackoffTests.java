package org.tailjar.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BackoffTests {

  private static final Duration CAP = Duration.ofSeconds(5);

  /** In the middle of the range: a factor of 1. */
  private static final RandomGenerator MIDDLE =
      new RandomGenerator() {
        @Override
        public long nextLong() {
          return 0;
        }

        @Override
        public double nextDouble() {
          return 0.5;
        }
      };

  @Test
  void delaysGrowWithTheSquareUpToTheCap() {
    Backoff backoff = new Backoff(CAP, MIDDLE);
    assertThat(backoff.next()).isEqualTo(Duration.ofMillis(10));
    assertThat(backoff.next()).isEqualTo(Duration.ofMillis(40));
    assertThat(backoff.next()).isEqualTo(Duration.ofMillis(90));
    for (int i = 0; i < 2000; i++) {
      backoff.next();
    }
    assertThat(backoff.next()).isEqualTo(CAP);
  }

  @Test
  void aSuccessStartsOver() {
    Backoff backoff = new Backoff(CAP, MIDDLE);
    backoff.next();
    backoff.next();
    backoff.reset();
    assertThat(backoff.next()).isEqualTo(Duration.ofMillis(10));
  }

  @Test
  void eachDelayIsVaried() {
    Backoff backoff = new Backoff(Duration.ofMillis(10));
    for (int i = 0; i < 1000; i++) {
      assertThat(backoff.next()).isBetween(Duration.ofMillis(5), Duration.ofMillis(15));
    }
  }
}
