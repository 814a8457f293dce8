package org.tailjar.wireguard;

/**
 * Which counters of a session were received already: a sliding bitmap (RFC 6479; WireGuard paper
 * 5.4.6). Counters are unsigned. Guarded by its session.
 */
final class ReplayWindow {

  /** How far behind the greatest counter a message may arrive. */
  static final int SIZE = 8192;

  // Twice the window, so that clearing whole words ahead never clears one that still counts.
  private static final int WORDS = 2 * SIZE / Long.SIZE;

  private final long[] words = new long[WORDS];
  private long greatest;

  /** Whether the counter is neither seen nor too old. Changes nothing: it may be forged. */
  boolean accepts(long counter) {
    if (Long.compareUnsigned(counter, greatest) > 0) {
      return true;
    }
    return Long.compareUnsigned(greatest - counter, SIZE) < 0
        && (words[word(counter)] & bit(counter)) == 0;
  }

  /** Marks the counter of an authentic message that {@link #accepts} let pass. */
  void mark(long counter) {
    if (Long.compareUnsigned(counter, greatest) > 0) {
      long steps = (counter >>> 6) - (greatest >>> 6);
      long clear = Math.min(steps, WORDS);
      for (long i = 1; i <= clear; i++) {
        words[(int) (((greatest >>> 6) + i) & (WORDS - 1))] = 0;
      }
      greatest = counter;
    }
    words[word(counter)] |= bit(counter);
  }

  private static int word(long counter) {
    return (int) (counter >>> 6) & (WORDS - 1);
  }

  private static long bit(long counter) {
    return 1L << counter;
  }
}
