package org.tailjar.crypto;

/**
 * Numbers modulo 2^130 - 5 as five limbs of 26 bits, least significant first: the form in which the
 * JDK keeps them. Nothing here branches on a number.
 */
final class Poly1305Limbs {

  /** How many limbs a number has. */
  static final int COUNT = 5;

  private static final int BITS = 26;
  private static final long MASK = (1L << BITS) - 1;

  private Poly1305Limbs() {}

  /** Clamps {@code r}, given as two little-endian words, and writes its limbs. */
  static void clampAndSplit(long low, long high, long[] limbs) {
    long r0 = low & Poly1305.CLAMP_LOW;
    long r1 = high & Poly1305.CLAMP_HIGH;
    limbs[0] = r0 & MASK;
    limbs[1] = r0 >>> BITS & MASK;
    limbs[2] = (r0 >>> 2 * BITS | r1 << 12) & MASK;
    limbs[3] = r1 >>> 14 & MASK;
    limbs[4] = r1 >>> 40;
  }

  /**
   * Reduces a sum completely, adds {@code s} (the second half of the one-time key, two
   * little-endian words) and leaves the tag as two little-endian words in {@code tag}.
   *
   * @param limbs of any sign, each of less than 2^59; unchanged
   */
  static void finish(long[] limbs, long sLow, long sHigh, long[] tag) {
    long l0 = limbs[0];
    long l1 = limbs[1];
    long l2 = limbs[2];
    long l3 = limbs[3];
    long l4 = limbs[4];
    // The first pass leaves a large multiple of 5 in limb 0, the second at most 5 more or less than
    // fits, the third nothing: carries are -1, 0 or 1 by then, and ripple through all limbs only if
    // they leave room below.
    for (int pass = 0; pass < 3; pass++) {
      l1 += l0 >> BITS;
      l0 &= MASK;
      l2 += l1 >> BITS;
      l1 &= MASK;
      l3 += l2 >> BITS;
      l2 &= MASK;
      l4 += l3 >> BITS;
      l3 &= MASK;
      l0 += 5 * (l4 >> BITS);
      l4 &= MASK;
    }
    // One subtraction of 2^130 - 5 is due if adding 5 reaches 2^130.
    long carry = l0 + 5 >> BITS;
    carry = l1 + carry >> BITS;
    carry = l2 + carry >> BITS;
    carry = l3 + carry >> BITS;
    carry = l4 + carry >> BITS;
    l0 += 5 * carry;
    l1 += l0 >> BITS;
    l0 &= MASK;
    l2 += l1 >> BITS;
    l1 &= MASK;
    l3 += l2 >> BITS;
    l2 &= MASK;
    l4 += l3 >> BITS;
    l3 &= MASK;

    Poly1305.addKey(
        l0 | l1 << BITS | l2 << 2 * BITS, l2 >>> 12 | l3 << 14 | l4 << 40, sLow, sHigh, tag);
  }
}
