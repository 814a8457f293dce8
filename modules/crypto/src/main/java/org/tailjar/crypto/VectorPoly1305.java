package org.tailjar.crypto;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Poly1305 (RFC 8439 2.5) of eight messages of equal length side by side, one in each lane of
 * 512-bit vectors. Numbers are five limbs of 26 bits ({@link Poly1305Limbs}); a lane needs no
 * powers of its key, as the usual vector code for one message does.
 *
 * <p>As in {@link VectorChaCha20}, it takes the JIT compiler to make this fast, no vector crosses
 * the border of a method, and addresses are raw. Nothing branches on what is secret.
 */
final class VectorPoly1305 {

  /** Messages that are worked on at once. */
  static final int LANES = 8;

  /** Bytes that {@link #transpose} takes of each message. */
  static final int PIECE_LENGTH = 64;

  /** Bytes that it writes. */
  static final int PIECE_WORDS_LENGTH = LANES * PIECE_LENGTH;

  /** Bytes of that for each block of a message. */
  static final int BLOCK_WORDS_LENGTH = PIECE_WORDS_LENGTH / 4;

  private static final VectorSpecies<Long> WORDS = LongVector.SPECIES_512;
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  @SuppressWarnings("restricted")
  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private static final int BITS = 26;
  private static final LongVector MASK = LongVector.broadcast(WORDS, (1L << BITS) - 1);

  /** Tells the compiler that factors have 32 bits, for which there is a faster multiplication. */
  private static final LongVector FACTOR = LongVector.broadcast(WORDS, 0xffff_ffffL);

  /** The bit behind each block. */
  private static final LongVector TOP_BIT = LongVector.broadcast(WORDS, 1L << 24);

  // Each takes some lanes of one vector (0 to 7) and some of another (8 to 15).
  private static final LongVector EVEN = lanes(0, 8, 2, 10, 4, 12, 6, 14);
  private static final LongVector ODD = lanes(1, 9, 3, 11, 5, 13, 7, 15);
  private static final LongVector EVEN_PAIRS = lanes(0, 1, 8, 9, 4, 5, 12, 13);
  private static final LongVector ODD_PAIRS = lanes(2, 3, 10, 11, 6, 7, 14, 15);
  private static final LongVector LOW_HALVES = lanes(0, 1, 2, 3, 8, 9, 10, 11);
  private static final LongVector HIGH_HALVES = lanes(4, 5, 6, 7, 12, 13, 14, 15);

  private VectorPoly1305() {}

  /**
   * Reads {@link #PIECE_LENGTH} bytes of each message and writes them so that the words that are
   * worked on together lie together.
   *
   * @param addresses of the messages
   * @param offset from there
   * @param to address of {@link #PIECE_WORDS_LENGTH} bytes
   */
  static void transpose(long[] addresses, long offset, long to) {
    LongVector a = LongVector.fromMemorySegment(WORDS, MEMORY, addresses[0] + offset, LITTLE);
    LongVector b = LongVector.fromMemorySegment(WORDS, MEMORY, addresses[1] + offset, LITTLE);
    LongVector c = LongVector.fromMemorySegment(WORDS, MEMORY, addresses[2] + offset, LITTLE);
    LongVector d = LongVector.fromMemorySegment(WORDS, MEMORY, addresses[3] + offset, LITTLE);
    LongVector e = LongVector.fromMemorySegment(WORDS, MEMORY, addresses[4] + offset, LITTLE);
    LongVector f = LongVector.fromMemorySegment(WORDS, MEMORY, addresses[5] + offset, LITTLE);
    LongVector g = LongVector.fromMemorySegment(WORDS, MEMORY, addresses[6] + offset, LITTLE);
    LongVector h = LongVector.fromMemorySegment(WORDS, MEMORY, addresses[7] + offset, LITTLE);
    LongVector ab = EVEN.selectFrom(a, b);
    LongVector cd = EVEN.selectFrom(c, d);
    LongVector ef = EVEN.selectFrom(e, f);
    LongVector gh = EVEN.selectFrom(g, h);
    LongVector evenLow = EVEN_PAIRS.selectFrom(ab, cd);
    LongVector evenHigh = EVEN_PAIRS.selectFrom(ef, gh);
    LongVector oddLow = ODD_PAIRS.selectFrom(ab, cd);
    LongVector oddHigh = ODD_PAIRS.selectFrom(ef, gh);
    LOW_HALVES.selectFrom(evenLow, evenHigh).intoMemorySegment(MEMORY, to, LITTLE);
    LOW_HALVES.selectFrom(oddLow, oddHigh).intoMemorySegment(MEMORY, to + 128, LITTLE);
    HIGH_HALVES.selectFrom(evenLow, evenHigh).intoMemorySegment(MEMORY, to + 256, LITTLE);
    HIGH_HALVES.selectFrom(oddLow, oddHigh).intoMemorySegment(MEMORY, to + 384, LITTLE);
    ab = ODD.selectFrom(a, b);
    cd = ODD.selectFrom(c, d);
    ef = ODD.selectFrom(e, f);
    gh = ODD.selectFrom(g, h);
    evenLow = EVEN_PAIRS.selectFrom(ab, cd);
    evenHigh = EVEN_PAIRS.selectFrom(ef, gh);
    oddLow = ODD_PAIRS.selectFrom(ab, cd);
    oddHigh = ODD_PAIRS.selectFrom(ef, gh);
    LOW_HALVES.selectFrom(evenLow, evenHigh).intoMemorySegment(MEMORY, to + 64, LITTLE);
    LOW_HALVES.selectFrom(oddLow, oddHigh).intoMemorySegment(MEMORY, to + 192, LITTLE);
    HIGH_HALVES.selectFrom(evenLow, evenHigh).intoMemorySegment(MEMORY, to + 320, LITTLE);
    HIGH_HALVES.selectFrom(oddLow, oddHigh).intoMemorySegment(MEMORY, to + 448, LITTLE);
  }

  /**
   * The polynomial of each message.
   *
   * @param rLow first words of the keys, not clamped
   * @param rHigh second words
   * @param words address of what {@link #transpose} wrote
   * @param blocks of each message
   * @param limbs takes limb 0 of all lanes, then limb 1 and so on; not completely reduced
   */
  static void evaluate(long[] rLow, long[] rHigh, long words, int blocks, long[] limbs) {
    LongVector low = LongVector.fromArray(WORDS, rLow, 0).and(Poly1305.CLAMP_LOW);
    LongVector high = LongVector.fromArray(WORDS, rHigh, 0).and(Poly1305.CLAMP_HIGH);
    LongVector r0 = low.and(MASK);
    LongVector r1 = low.lanewise(VectorOperators.LSHR, BITS).and(MASK);
    LongVector r2 =
        low.lanewise(VectorOperators.LSHR, 2 * BITS)
            .or(high.lanewise(VectorOperators.LSHL, 12))
            .and(MASK);
    LongVector r3 = high.lanewise(VectorOperators.LSHR, 14).and(MASK);
    LongVector r4 = high.lanewise(VectorOperators.LSHR, 40).and(MASK);
    LongVector s1 = r1.add(r1.lanewise(VectorOperators.LSHL, 2)).and(FACTOR);
    LongVector s2 = r2.add(r2.lanewise(VectorOperators.LSHL, 2)).and(FACTOR);
    LongVector s3 = r3.add(r3.lanewise(VectorOperators.LSHL, 2)).and(FACTOR);
    LongVector s4 = r4.add(r4.lanewise(VectorOperators.LSHL, 2)).and(FACTOR);
    LongVector h0 = LongVector.zero(WORDS);
    LongVector h1 = LongVector.zero(WORDS);
    LongVector h2 = LongVector.zero(WORDS);
    LongVector h3 = LongVector.zero(WORDS);
    LongVector h4 = LongVector.zero(WORDS);
    for (int block = 0; block < blocks; block++) {
      long at = words + (long) block * BLOCK_WORDS_LENGTH;
      low = LongVector.fromMemorySegment(WORDS, MEMORY, at, LITTLE);
      high = LongVector.fromMemorySegment(WORDS, MEMORY, at + 64, LITTLE);
      h0 = h0.add(low.and(MASK)).and(FACTOR);
      h1 = h1.add(low.lanewise(VectorOperators.LSHR, BITS).and(MASK)).and(FACTOR);
      h2 =
          h2.add(
                  low.lanewise(VectorOperators.LSHR, 2 * BITS)
                      .or(high.lanewise(VectorOperators.LSHL, 12))
                      .and(MASK))
              .and(FACTOR);
      h3 = h3.add(high.lanewise(VectorOperators.LSHR, 14).and(MASK)).and(FACTOR);
      h4 = h4.add(high.lanewise(VectorOperators.LSHR, 40).or(TOP_BIT)).and(FACTOR);

      LongVector d0 = h0.mul(r0).add(h1.mul(s4)).add(h2.mul(s3).add(h3.mul(s2))).add(h4.mul(s1));
      LongVector d1 = h0.mul(r1).add(h1.mul(r0)).add(h2.mul(s4).add(h3.mul(s3))).add(h4.mul(s2));
      LongVector d2 = h0.mul(r2).add(h1.mul(r1)).add(h2.mul(r0).add(h3.mul(s4))).add(h4.mul(s3));
      LongVector d3 = h0.mul(r3).add(h1.mul(r2)).add(h2.mul(r1).add(h3.mul(r0))).add(h4.mul(s4));
      LongVector d4 = h0.mul(r4).add(h1.mul(r3)).add(h2.mul(r2).add(h3.mul(r1))).add(h4.mul(r0));

      // Two chains of carries side by side: from limb 0 up, and from limb 3 up and around.
      d1 = d1.add(d0.lanewise(VectorOperators.LSHR, BITS));
      h0 = d0.and(MASK);
      d4 = d4.add(d3.lanewise(VectorOperators.LSHR, BITS));
      h3 = d3.and(MASK);
      d2 = d2.add(d1.lanewise(VectorOperators.LSHR, BITS));
      h1 = d1.and(MASK);
      LongVector around = d4.lanewise(VectorOperators.LSHR, BITS);
      h4 = d4.and(MASK);
      h0 = h0.add(around).add(around.lanewise(VectorOperators.LSHL, 2));
      h3 = h3.add(d2.lanewise(VectorOperators.LSHR, BITS));
      h2 = d2.and(MASK);
      h1 = h1.add(h0.lanewise(VectorOperators.LSHR, BITS));
      h0 = h0.and(MASK);
      h4 = h4.add(h3.lanewise(VectorOperators.LSHR, BITS));
      h3 = h3.and(MASK);
    }
    h0.intoArray(limbs, 0);
    h1.intoArray(limbs, LANES);
    h2.intoArray(limbs, 2 * LANES);
    h3.intoArray(limbs, 3 * LANES);
    h4.intoArray(limbs, 4 * LANES);
  }

  private static LongVector lanes(long... lanes) {
    return LongVector.fromArray(WORDS, lanes, 0);
  }
}
