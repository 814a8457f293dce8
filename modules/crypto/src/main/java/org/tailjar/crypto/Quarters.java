package org.tailjar.crypto;

import static org.tailjar.assembler.Zmm.zmm;

import org.tailjar.assembler.Assembler;
import org.tailjar.assembler.Zmm;

/** Machine code that moves quarters of vectors. */
final class Quarters {

  /** Takes quarters 0 and 1 of either vector. */
  private static final int LOW_HALVES = 0x44;

  private static final int HIGH_HALVES = 0xee;

  /** Takes quarters 0 and 2 of either vector. */
  private static final int EVEN = 0x88;

  private static final int ODD = 0xdd;

  private Quarters() {}

  /**
   * Of four vectors, puts the first quarters into {@code a}, the second into {@code b} and so on.
   *
   * @param free the first of four vectors that may be changed
   */
  static void transpose(Assembler assembler, Zmm a, Zmm b, Zmm c, Zmm d, Zmm free) {
    Zmm lowAb = free;
    Zmm lowCd = zmm(free.number() + 1);
    Zmm highAb = zmm(free.number() + 2);
    Zmm highCd = zmm(free.number() + 3);
    assembler.vshufi64x2(lowAb, a, b, LOW_HALVES);
    assembler.vshufi64x2(lowCd, c, d, LOW_HALVES);
    assembler.vshufi64x2(highAb, a, b, HIGH_HALVES);
    assembler.vshufi64x2(highCd, c, d, HIGH_HALVES);
    assembler.vshufi64x2(a, lowAb, lowCd, EVEN);
    assembler.vshufi64x2(b, lowAb, lowCd, ODD);
    assembler.vshufi64x2(c, highAb, highCd, EVEN);
    assembler.vshufi64x2(d, highAb, highCd, ODD);
  }
}
