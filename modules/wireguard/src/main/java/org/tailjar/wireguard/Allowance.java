package org.tailjar.wireguard;

/** So many things at once, and so many in a second: a token bucket. Belongs to the RX thread. */
final class Allowance {

  private final long costNanos;
  private final long mostNanos;
  private long nanos;
  private long updated;

  /**
   * A full one.
   *
   * @param burst how many at once
   * @param costNanos time in which one is earned
   */
  Allowance(int burst, long costNanos, long now) {
    this.costNanos = costNanos;
    mostNanos = burst * costNanos;
    nanos = mostNanos;
    updated = now;
  }

  /** Whether there is none to take. */
  boolean isSpent(long now) {
    return nanos + Math.max(0, now - updated) < costNanos;
  }

  /** Takes one; false when there is none. */
  boolean take(long now) {
    nanos = Math.min(mostNanos, nanos + Math.max(0, now - updated));
    updated = now;
    if (nanos < costNanos) {
      return false;
    }
    nanos -= costNanos;
    return true;
  }
}
