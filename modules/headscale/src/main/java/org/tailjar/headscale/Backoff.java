package org.tailjar.headscale;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Delays between attempts: n squared times 10 ms, at most 30 s, each varied by a factor of 0.5 to
 * 1.5 so that nodes do not come back all at once. Used by one thread.
 */
public final class Backoff {

  /** The longest delay before it is varied. */
  public static final Duration LONGEST = Duration.ofSeconds(30);

  private static final long UNIT_MILLIS = 10;

  private final RandomGenerator random;
  private long failures;

  /** Delays from the shortest on. */
  public Backoff() {
    this(RandomGenerator.getDefault());
  }

  Backoff(RandomGenerator random) {
    this.random = random;
  }

  /** Counts a failure; the delay until the next attempt. */
  public Duration next() {
    failures = Math.min(failures + 1, 1000);
    double millis = Math.min(LONGEST.toMillis(), failures * failures * UNIT_MILLIS);
    return Duration.ofMillis((long) (millis * (0.5 + random.nextDouble())));
  }

  /** Starts over: an attempt succeeded. */
  public void reset() {
    failures = 0;
  }
}
