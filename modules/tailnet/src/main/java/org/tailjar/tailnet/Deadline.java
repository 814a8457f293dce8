package org.tailjar.tailnet;

import java.time.Duration;

/**
 * One moment that several waits, one after the other, have in common.
 *
 * @param nanoTime by {@link System#nanoTime()}
 */
record Deadline(long nanoTime) {

  static Deadline in(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  /** What is left until then, zero when it is over. */
  Duration left() {
    return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
  }

  /** What is left until then, but not more than this. */
  Duration atMost(Duration time) {
    Duration left = left();
    return left.compareTo(time) < 0 ? left : time;
  }

  /** Waits for the thread to end, whether interrupted or not; false when it did not in time. */
  boolean join(Thread thread) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return thread.join(left());
        } catch (InterruptedException _) {
          interrupted = true; // for the caller
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
