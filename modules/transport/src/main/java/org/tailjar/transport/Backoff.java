package org.tailjar.transport;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Delays between attempts: n squared times 10 ms up to a cap, each varied by a factor of 0.5 to 1.5
 * so that nodes do not come back all at once. Used by one thread.
 */
public final class Backoff {

  private static final long UNIT_MILLIS = 10;

  /** Enough for any cap below three hours, and small enough to be squared. */
  private static final long MOST_FAILURES = 1000;

  private final Duration cap;
  private final RandomGenerator random;
  private long failures;

  /**
   * Delays from the shortest on.
   *
   * @param cap the longest delay before it is varied
   */
  public Backoff(Duration cap) {
    this(cap, RandomGenerator.getDefault());
  }

  /**
   * Delays from the shortest on, varied by a given source.
   *
   * @param cap the longest delay before it is varied
   */
  public Backoff(Duration cap, RandomGenerator random) {
    this.cap = cap;
    this.random = random;
  }

  /** Counts a failure; the delay until the next attempt. */
  public Duration next() {
    failures = Math.min(failures + 1, MOST_FAILURES);
    double millis = Math.min(cap.toMillis(), failures * failures * UNIT_MILLIS);
    return Duration.ofNanos((long) (millis * 1e6 * (0.5 + random.nextDouble())));
  }

  /** Starts over: an attempt succeeded. */
  public void reset() {
    failures = 0;
  }
}
