package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RepairsTests {

  private static final Duration PAUSE = Duration.ofMillis(5);

  private final AtomicInteger tries = new AtomicInteger();
  private final CountDownLatch done = new CountDownLatch(1);

  private boolean isDone() throws InterruptedException {
    return done.await(60, TimeUnit.SECONDS);
  }

  @Test
  void aRepairThatDoesNotSucceedIsTriedAgain() throws InterruptedException {
    Repairs repairs =
        new Repairs(
            () -> {
              boolean succeeds = tries.incrementAndGet() == 3;
              if (succeeds) {
                done.countDown();
              }
              return succeeds;
            },
            PAUSE);
    repairs.needed();

    assertThat(isDone()).isTrue();
  }

  @Test
  void aTryThatEndsWithAFaultIsNotTheLast() throws InterruptedException {
    Repairs repairs =
        new Repairs(
            () -> {
              if (tries.incrementAndGet() == 1) {
                throw new IllegalStateException("a fault");
              }
              done.countDown();
              return true;
            },
            PAUSE);
    repairs.needed();

    assertThat(isDone()).isTrue();
  }

  @Test
  void whatBreaksWhileItIsRepairedIsRepairedAgain() throws InterruptedException {
    AtomicReference<Repairs> repairs = new AtomicReference<>();
    repairs.set(
        new Repairs(
            () -> {
              if (tries.incrementAndGet() == 1) {
                repairs.get().needed();
              } else {
                done.countDown();
              }
              return true;
            },
            PAUSE));
    repairs.get().needed();

    assertThat(isDone()).isTrue();
  }

  @Test
  void whatBreaksLaterIsRepairedAgain() throws InterruptedException {
    Repairs repairs =
        new Repairs(
            () -> {
              if (tries.incrementAndGet() == 2) {
                done.countDown();
              }
              return true;
            },
            PAUSE);
    repairs.needed();
    while (tries.get() < 1) {
      Thread.onSpinWait();
    }
    repairs.needed();

    assertThat(isDone()).isTrue();
  }
}
