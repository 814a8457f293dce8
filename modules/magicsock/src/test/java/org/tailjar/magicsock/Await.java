package org.tailjar.magicsock;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what others bring about. */
final class Await {

  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** So long that what is sent before each look does not fill a queue to a relay. */
  private static final Duration BETWEEN = Duration.ofMillis(5);

  private Await() {}

  /** Looks again and again; fails when it does not come about at all. */
  static void until(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("did not come about within " + LIMIT + ": " + what);
      }
      LockSupport.parkNanos(BETWEEN.toNanos());
    }
  }
}
