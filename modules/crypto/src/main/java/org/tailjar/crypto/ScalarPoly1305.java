package org.tailjar.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Poly1305 in plain Java: limbs of 44, 44 and 42 bits and two blocks at a time, multiplied by r^2
 * and r, so that the second does not wait for the first. Faster than the JDK's own where the JVM
 * has no vector code for it. Nothing branches on the message or the key.
 */
final class ScalarPoly1305 implements Poly1305 {

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long MASK_44 = (1L << 44) - 1;
  private static final long MASK_42 = (1L << 42) - 1;

  /** The bit above a whole block, 2^128, in limb 2. */
  private static final long BLOCK_BIT = 1L << 40;

  /**
   * Factors are shifted left by 5 and 15 bits, 20 together, so that the high word of their product
   * starts at bit 44 of the product itself. More than 15 would not fit a factor times 20.
   */
  private static final int SHIFT_SUM = 5;

  private static final int SHIFT_KEY = 15;

  /** 2^132, the weight of limb 3 if there were one, modulo 2^130 - 5. */
  private static final long FOLD = 20;

  private long r0;
  private long r1;
  private long r2;
  private long q0;
  private long q1;
  private long q2;

  private long h0;
  private long h1;
  private long h2;

  @Override
  public void start(long rLow, long rHigh) {
    long low = rLow & Poly1305.CLAMP_LOW;
    long high = rHigh & Poly1305.CLAMP_HIGH;
    r0 = low & MASK_44;
    r1 = (low >>> 44 | high << 20) & MASK_44;
    r2 = high >>> 24;
    // r^2 by the one multiplication that there is: a sum of r with no message, times r.
    h0 = r0;
    h1 = r1;
    h2 = r2;
    multiplyByKey();
    q0 = h0;
    q1 = h1;
    q2 = h2;
    h0 = 0;
    h1 = 0;
    h2 = 0;
  }

  @Override
  public void update(byte[] input, int length) {
    int offset = 0;
    if ((length & BLOCK_LENGTH) != 0) {
      long low = (long) WORD.get(input, 0);
      long high = (long) WORD.get(input, Long.BYTES);
      h0 += low & MASK_44;
      h1 += (low >>> 44 | high << 20) & MASK_44;
      h2 += high >>> 24 | BLOCK_BIT;
      multiplyByKey();
      offset = BLOCK_LENGTH;
    }
    updatePairs(input, offset, length);
  }

  /** {@code h = (h + first) * r^2 + second * r} for each pair of blocks. */
  private void updatePairs(byte[] input, int from, int to) {
    final long f0 = q0;
    final long f1 = q1;
    final long f2 = q2;
    final long f1Folded = q1 * FOLD;
    final long f2Folded = q2 * FOLD;
    final long g0 = r0;
    final long g1 = r1;
    final long g2 = r2;
    final long g1Folded = r1 * FOLD;
    final long g2Folded = r2 * FOLD;
    final long f0Shifted = f0 << SHIFT_KEY;
    final long f1Shifted = f1 << SHIFT_KEY;
    final long f2Shifted = f2 << SHIFT_KEY;
    final long f1FoldedShifted = f1Folded << SHIFT_KEY;
    final long f2FoldedShifted = f2Folded << SHIFT_KEY;
    final long g0Shifted = g0 << SHIFT_KEY;
    final long g1Shifted = g1 << SHIFT_KEY;
    final long g2Shifted = g2 << SHIFT_KEY;
    final long g1FoldedShifted = g1Folded << SHIFT_KEY;
    final long g2FoldedShifted = g2Folded << SHIFT_KEY;
    long a0 = h0;
    long a1 = h1;
    long a2 = h2;
    for (int i = from; i < to; i += 2 * BLOCK_LENGTH) {
      long low = (long) WORD.get(input, i);
      long high = (long) WORD.get(input, i + 8);
      a0 += low & MASK_44;
      a1 += (low >>> 44 | high << 20) & MASK_44;
      a2 += high >>> 24 | BLOCK_BIT;
      low = (long) WORD.get(input, i + 16);
      high = (long) WORD.get(input, i + 24);
      long b0 = low & MASK_44;
      long b1 = (low >>> 44 | high << 20) & MASK_44;
      long b2 = high >>> 24 | BLOCK_BIT;

      long a0Shifted = a0 << SHIFT_SUM;
      long a1Shifted = a1 << SHIFT_SUM;
      long a2Shifted = a2 << SHIFT_SUM;
      long b0Shifted = b0 << SHIFT_SUM;
      long b1Shifted = b1 << SHIFT_SUM;
      long b2Shifted = b2 << SHIFT_SUM;

      long d0 =
          (a0 * f0 & MASK_44)
              + (a1 * f2Folded & MASK_44)
              + (a2 * f1Folded & MASK_44)
              + (b0 * g0 & MASK_44)
              + (b1 * g2Folded & MASK_44)
              + (b2 * g1Folded & MASK_44);
      long carry0 =
          Math.unsignedMultiplyHigh(a0Shifted, f0Shifted)
              + Math.unsignedMultiplyHigh(a1Shifted, f2FoldedShifted)
              + Math.unsignedMultiplyHigh(a2Shifted, f1FoldedShifted)
              + Math.unsignedMultiplyHigh(b0Shifted, g0Shifted)
              + Math.unsignedMultiplyHigh(b1Shifted, g2FoldedShifted)
              + Math.unsignedMultiplyHigh(b2Shifted, g1FoldedShifted);
      long d1 =
          (a0 * f1 & MASK_44)
              + (a1 * f0 & MASK_44)
              + (a2 * f2Folded & MASK_44)
              + (b0 * g1 & MASK_44)
              + (b1 * g0 & MASK_44)
              + (b2 * g2Folded & MASK_44);
      long carry1 =
          Math.unsignedMultiplyHigh(a0Shifted, f1Shifted)
              + Math.unsignedMultiplyHigh(a1Shifted, f0Shifted)
              + Math.unsignedMultiplyHigh(a2Shifted, f2FoldedShifted)
              + Math.unsignedMultiplyHigh(b0Shifted, g1Shifted)
              + Math.unsignedMultiplyHigh(b1Shifted, g0Shifted)
              + Math.unsignedMultiplyHigh(b2Shifted, g2FoldedShifted);
      long d2 =
          (a0 * f2 & MASK_44)
              + (a1 * f1 & MASK_44)
              + (a2 * f0 & MASK_44)
              + (b0 * g2 & MASK_44)
              + (b1 * g1 & MASK_44)
              + (b2 * g0 & MASK_44);
      long carry2 =
          Math.unsignedMultiplyHigh(a0Shifted, f2Shifted)
              + Math.unsignedMultiplyHigh(a1Shifted, f1Shifted)
              + Math.unsignedMultiplyHigh(a2Shifted, f0Shifted)
              + Math.unsignedMultiplyHigh(b0Shifted, g2Shifted)
              + Math.unsignedMultiplyHigh(b1Shifted, g1Shifted)
              + Math.unsignedMultiplyHigh(b2Shifted, g0Shifted);

      d1 += carry0 + (d0 >>> 44);
      d2 += carry1 + (d1 >>> 44);
      a2 = d2 & MASK_42;
      d0 = (d0 & MASK_44) + 5 * (d2 >>> 42) + FOLD * carry2;
      a0 = d0 & MASK_44;
      a1 = (d1 & MASK_44) + (d0 >>> 44);
    }
    h0 = a0;
    h1 = a1;
    h2 = a2;
  }

  private void multiplyByKey() {
    long a0 = h0;
    long a1 = h1;
    long a2 = h2;
    long r1Folded = r1 * FOLD;
    long r2Folded = r2 * FOLD;
    long d0 = low(a0, r0) + low(a1, r2Folded) + low(a2, r1Folded);
    long d1 = low(a0, r1) + low(a1, r0) + low(a2, r2Folded) + (d0 >>> 44);
    d1 += high(a0, r0) + high(a1, r2Folded) + high(a2, r1Folded);
    long d2 = low(a0, r2) + low(a1, r1) + low(a2, r0) + (d1 >>> 44);
    d2 += high(a0, r1) + high(a1, r0) + high(a2, r2Folded);
    long carry = high(a0, r2) + high(a1, r1) + high(a2, r0);
    h2 = d2 & MASK_42;
    d0 = (d0 & MASK_44) + 5 * (d2 >>> 42) + FOLD * carry;
    h0 = d0 & MASK_44;
    h1 = (d1 & MASK_44) + (d0 >>> 44);
  }

  private static long low(long a, long b) {
    return a * b & MASK_44;
  }

  private static long high(long a, long b) {
    return Math.unsignedMultiplyHigh(a << SHIFT_SUM, b << SHIFT_KEY);
  }

  @Override
  public void finish(long sLow, long sHigh, long[] tag) {
    long l0 = h0;
    long l1 = h1;
    long l2 = h2;
    for (int pass = 0; pass < 2; pass++) {
      l1 += l0 >>> 44;
      l0 &= MASK_44;
      l2 += l1 >>> 44;
      l1 &= MASK_44;
      l0 += 5 * (l2 >>> 42);
      l2 &= MASK_42;
    }
    // One subtraction of 2^130 - 5 is due if adding 5 reaches 2^130.
    long due = l2 + (l1 + (l0 + 5 >>> 44) >>> 44) >>> 42;
    l0 += 5 * due;
    l1 += l0 >>> 44;
    l0 &= MASK_44;
    l2 += l1 >>> 44;
    l1 &= MASK_44;
    Poly1305.addKey(l0 | l1 << 44, l1 >>> 20 | l2 << 24, sLow, sHigh, tag);
  }
}
