package org.tailjar.headscale;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what other threads bring about. */
final class Await {

  private static final Duration LIMIT = Duration.ofMinutes(1);

  private Await() {}

  /** Looks every millisecond; fails when it does not come about at all. */
  static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("it did not come about within " + LIMIT);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }
}
