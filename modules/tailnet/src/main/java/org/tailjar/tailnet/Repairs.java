package org.tailjar.tailnet;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Repairs what broke, for as long as it takes: again after a pause when that does not succeed, and
 * also when what was repaired breaks at once.
 */
final class Repairs {

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");

  private final BooleanSupplier attempt;
  private final Duration pause;

  /** Breakdowns that are not known to be repaired; a thread is at work unless it is 0. */
  private final AtomicInteger breakdowns = new AtomicInteger();

  /**
   * Nothing is broken yet.
   *
   * @param attempt one try, on a virtual thread; false when it did not succeed
   * @param pause between two tries
   */
  Repairs(BooleanSupplier attempt, Duration pause) {
    this.attempt = attempt;
    this.pause = pause;
  }

  /** Something broke; returns at once. */
  void needed() {
    if (breakdowns.getAndIncrement() == 0) {
      Thread.ofVirtual().name("repair").start(this::run);
    }
  }

  private void run() {
    try {
      int covered;
      do {
        covered = breakdowns.get();
        while (!succeeds()) {
          pause();
          covered = breakdowns.get();
        }
        pause();
        // What was counted meanwhile broke after this repair had begun.
      } while (!breakdowns.compareAndSet(covered, 0));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody interrupts this thread but a JVM that ends
    }
  }

  private boolean succeeds() {
    try {
      return attempt.getAsBoolean();
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "a repair failed and is tried again", e);
      return false;
    }
  }

  private void pause() throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(pause.toNanos());
  }
}
