package org.tailjar.wireguard;

/**
 * A token bucket whose tokens are nanoseconds that have gone by. Belongs to the first RX thread.
 */
final class TimeBucket {

  private final long mostNanos;
  private long nanos;
  private long updated;

  /** A full one. */
  TimeBucket(long mostNanos, long now) {
    this.mostNanos = mostNanos;
    nanos = mostNanos;
    updated = now;
  }

  /** What there is to spend now. */
  long balance(long now) {
    return Math.min(mostNanos, nanos + Math.max(0, now - updated));
  }

  /** Spends so much, which may be more than there is. */
  void spend(long spent, long now) {
    nanos = balance(now) - spent;
    updated = now;
  }
}
