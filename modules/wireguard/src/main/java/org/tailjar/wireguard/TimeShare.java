package org.tailjar.wireguard;

/** So much of the first RX thread's time, and no more. Belongs to the first RX thread. */
final class TimeShare {

  private final long divisor;

  /** Time that has gone by and was not paid with; this much {@code / divisor} may be worked. */
  private final TimeBucket bucket;

  /**
   * One of which nothing is used.
   *
   * @param divisor one part in so many is the share
   * @param mostNanos what may be worked at once
   */
  TimeShare(int divisor, long mostNanos, long now) {
    this.divisor = divisor;
    bucket = new TimeBucket(mostNanos * divisor, now);
  }

  /**
   * Whether nothing may be worked now.
   *
   * @param reserve nanoseconds of work that are to be left
   */
  boolean isSpent(long reserve, long now) {
    return bucket.balance(now) <= reserve * divisor;
  }

  /** Pays for work that took so many nanoseconds, which may be more than there was. */
  void spend(long worked, long now) {
    bucket.spend(worked * divisor, now);
  }
}
