package org.tailjar.wireguard;

/** So many things at once, and so many in a second. Belongs to the first RX thread. */
final class Allowance {

  private final long costNanos;
  private final TimeBucket bucket;

  /**
   * A full one.
   *
   * @param burst how many at once
   * @param costNanos time in which one is earned
   */
  Allowance(int burst, long costNanos, long now) {
    this.costNanos = costNanos;
    bucket = new TimeBucket(burst * costNanos, now);
  }

  /** Whether there is none to take. */
  boolean isSpent(long now) {
    return bucket.balance(now) < costNanos;
  }

  /** Takes one; false when there is none. */
  boolean take(long now) {
    if (isSpent(now)) {
      return false;
    }
    bucket.spend(costNanos, now);
    return true;
  }
}
