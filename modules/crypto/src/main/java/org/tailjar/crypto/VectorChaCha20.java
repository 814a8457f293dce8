package org.tailjar.crypto;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * ChaCha20 (RFC 8439 2.3) of 16 blocks side by side, one in each lane of 512-bit vectors. Unlike
 * the JDK's block function, which makes 16 consecutive blocks of one message, each lane has a nonce
 * and a block number of its own, so that the blocks of many packets fill all lanes.
 *
 * <p>Until the JIT compiler has seen these methods they are a thousand times slower than after, see
 * {@link VectorAead}. So that it keeps all vectors in registers, none is an argument or a result of
 * a method of ours: the compiler need not inline those. They work on raw addresses, which the
 * caller has checked.
 */
final class VectorChaCha20 {

  /** Blocks that are made at once. */
  static final int LANES = 16;

  /** Bytes of a block. */
  static final int BLOCK_LENGTH = 64;

  /** Bytes of scratch memory that a caller needs. */
  static final int SCRATCH_LENGTH = LANES * BLOCK_LENGTH;

  private static final VectorSpecies<Integer> WORDS = IntVector.SPECIES_512;
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  @SuppressWarnings("restricted")
  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private static final int CONSTANT_0 = 0x61707865;
  private static final int CONSTANT_1 = 0x3320646e;
  private static final int CONSTANT_2 = 0x79622d32;
  private static final int CONSTANT_3 = 0x6b206574;

  // Each takes some lanes of one vector (0 to 15) and some of another (16 to 31).
  private static final IntVector LOW_WORDS = lanes(0, 16, 1, 17);
  private static final IntVector HIGH_WORDS = lanes(2, 18, 3, 19);
  private static final IntVector LOW_PAIRS = lanes(0, 1, 16, 17);
  private static final IntVector HIGH_PAIRS = lanes(2, 3, 18, 19);
  private static final IntVector EVEN_QUARTERS = quarters(0, 2, 4, 6);
  private static final IntVector ODD_QUARTERS = quarters(1, 3, 5, 7);
  private static final IntVector LOW_HALVES = quarters(0, 1, 4, 5);
  private static final IntVector HIGH_HALVES = quarters(2, 3, 6, 7);

  private VectorChaCha20() {}

  /**
   * Makes 16 blocks of key stream and adds (exclusive or) each to 64 bytes of memory.
   *
   * @param key 8 words
   * @param numbers the 16 block numbers
   * @param nonceLow the middle words of the nonces, whose first words are 0; the first at {@code
   *     nonceAt}
   * @param nonceHigh the last words of the nonces; the first at {@code nonceAt}
   * @param addresses of the 16 pieces of memory
   * @param scratch address of {@link #SCRATCH_LENGTH} bytes, best aligned to 64
   */
  static void add(
      int[] key,
      int[] numbers,
      int[] nonceLow,
      int[] nonceHigh,
      int nonceAt,
      long[] addresses,
      long scratch) {
    blocks(key, numbers, nonceLow, nonceHigh, nonceAt, scratch);
    for (int i = 0; i < 4; i++) {
      transpose(scratch + 256L * i);
    }
    for (int i = 0; i < 4; i++) {
      addFour(scratch + 64L * i, addresses, i);
    }
  }

  /** Leaves word i of all 16 blocks in row i. */
  private static void blocks(
      int[] key, int[] numbers, int[] nonceLow, int[] nonceHigh, int nonceAt, long scratch) {
    IntVector x0 = IntVector.broadcast(WORDS, CONSTANT_0);
    IntVector x1 = IntVector.broadcast(WORDS, CONSTANT_1);
    IntVector x2 = IntVector.broadcast(WORDS, CONSTANT_2);
    IntVector x3 = IntVector.broadcast(WORDS, CONSTANT_3);
    IntVector x4 = IntVector.broadcast(WORDS, key[0]);
    IntVector x5 = IntVector.broadcast(WORDS, key[1]);
    IntVector x6 = IntVector.broadcast(WORDS, key[2]);
    IntVector x7 = IntVector.broadcast(WORDS, key[3]);
    IntVector x8 = IntVector.broadcast(WORDS, key[4]);
    IntVector x9 = IntVector.broadcast(WORDS, key[5]);
    IntVector x10 = IntVector.broadcast(WORDS, key[6]);
    IntVector x11 = IntVector.broadcast(WORDS, key[7]);
    IntVector x12 = IntVector.fromArray(WORDS, numbers, 0);
    IntVector x13 = IntVector.zero(WORDS);
    IntVector x14 = IntVector.fromArray(WORDS, nonceLow, nonceAt);
    IntVector x15 = IntVector.fromArray(WORDS, nonceHigh, nonceAt);
    for (int doubleRound = 0; doubleRound < 10; doubleRound++) {
      x0 = x0.add(x4);
      x1 = x1.add(x5);
      x2 = x2.add(x6);
      x3 = x3.add(x7);
      x12 = x12.lanewise(VectorOperators.XOR, x0).lanewise(VectorOperators.ROL, 16);
      x13 = x13.lanewise(VectorOperators.XOR, x1).lanewise(VectorOperators.ROL, 16);
      x14 = x14.lanewise(VectorOperators.XOR, x2).lanewise(VectorOperators.ROL, 16);
      x15 = x15.lanewise(VectorOperators.XOR, x3).lanewise(VectorOperators.ROL, 16);
      x8 = x8.add(x12);
      x9 = x9.add(x13);
      x10 = x10.add(x14);
      x11 = x11.add(x15);
      x4 = x4.lanewise(VectorOperators.XOR, x8).lanewise(VectorOperators.ROL, 12);
      x5 = x5.lanewise(VectorOperators.XOR, x9).lanewise(VectorOperators.ROL, 12);
      x6 = x6.lanewise(VectorOperators.XOR, x10).lanewise(VectorOperators.ROL, 12);
      x7 = x7.lanewise(VectorOperators.XOR, x11).lanewise(VectorOperators.ROL, 12);
      x0 = x0.add(x4);
      x1 = x1.add(x5);
      x2 = x2.add(x6);
      x3 = x3.add(x7);
      x12 = x12.lanewise(VectorOperators.XOR, x0).lanewise(VectorOperators.ROL, 8);
      x13 = x13.lanewise(VectorOperators.XOR, x1).lanewise(VectorOperators.ROL, 8);
      x14 = x14.lanewise(VectorOperators.XOR, x2).lanewise(VectorOperators.ROL, 8);
      x15 = x15.lanewise(VectorOperators.XOR, x3).lanewise(VectorOperators.ROL, 8);
      x8 = x8.add(x12);
      x9 = x9.add(x13);
      x10 = x10.add(x14);
      x11 = x11.add(x15);
      x4 = x4.lanewise(VectorOperators.XOR, x8).lanewise(VectorOperators.ROL, 7);
      x5 = x5.lanewise(VectorOperators.XOR, x9).lanewise(VectorOperators.ROL, 7);
      x6 = x6.lanewise(VectorOperators.XOR, x10).lanewise(VectorOperators.ROL, 7);
      x7 = x7.lanewise(VectorOperators.XOR, x11).lanewise(VectorOperators.ROL, 7);

      x0 = x0.add(x5);
      x1 = x1.add(x6);
      x2 = x2.add(x7);
      x3 = x3.add(x4);
      x15 = x15.lanewise(VectorOperators.XOR, x0).lanewise(VectorOperators.ROL, 16);
      x12 = x12.lanewise(VectorOperators.XOR, x1).lanewise(VectorOperators.ROL, 16);
      x13 = x13.lanewise(VectorOperators.XOR, x2).lanewise(VectorOperators.ROL, 16);
      x14 = x14.lanewise(VectorOperators.XOR, x3).lanewise(VectorOperators.ROL, 16);
      x10 = x10.add(x15);
      x11 = x11.add(x12);
      x8 = x8.add(x13);
      x9 = x9.add(x14);
      x5 = x5.lanewise(VectorOperators.XOR, x10).lanewise(VectorOperators.ROL, 12);
      x6 = x6.lanewise(VectorOperators.XOR, x11).lanewise(VectorOperators.ROL, 12);
      x7 = x7.lanewise(VectorOperators.XOR, x8).lanewise(VectorOperators.ROL, 12);
      x4 = x4.lanewise(VectorOperators.XOR, x9).lanewise(VectorOperators.ROL, 12);
      x0 = x0.add(x5);
      x1 = x1.add(x6);
      x2 = x2.add(x7);
      x3 = x3.add(x4);
      x15 = x15.lanewise(VectorOperators.XOR, x0).lanewise(VectorOperators.ROL, 8);
      x12 = x12.lanewise(VectorOperators.XOR, x1).lanewise(VectorOperators.ROL, 8);
      x13 = x13.lanewise(VectorOperators.XOR, x2).lanewise(VectorOperators.ROL, 8);
      x14 = x14.lanewise(VectorOperators.XOR, x3).lanewise(VectorOperators.ROL, 8);
      x10 = x10.add(x15);
      x11 = x11.add(x12);
      x8 = x8.add(x13);
      x9 = x9.add(x14);
      x5 = x5.lanewise(VectorOperators.XOR, x10).lanewise(VectorOperators.ROL, 7);
      x6 = x6.lanewise(VectorOperators.XOR, x11).lanewise(VectorOperators.ROL, 7);
      x7 = x7.lanewise(VectorOperators.XOR, x8).lanewise(VectorOperators.ROL, 7);
      x4 = x4.lanewise(VectorOperators.XOR, x9).lanewise(VectorOperators.ROL, 7);
    }

    x0.add(CONSTANT_0).intoMemorySegment(MEMORY, scratch, LITTLE);
    x1.add(CONSTANT_1).intoMemorySegment(MEMORY, scratch + 64, LITTLE);
    x2.add(CONSTANT_2).intoMemorySegment(MEMORY, scratch + 128, LITTLE);
    x3.add(CONSTANT_3).intoMemorySegment(MEMORY, scratch + 192, LITTLE);
    x4.add(key[0]).intoMemorySegment(MEMORY, scratch + 256, LITTLE);
    x5.add(key[1]).intoMemorySegment(MEMORY, scratch + 320, LITTLE);
    x6.add(key[2]).intoMemorySegment(MEMORY, scratch + 384, LITTLE);
    x7.add(key[3]).intoMemorySegment(MEMORY, scratch + 448, LITTLE);
    x8.add(key[4]).intoMemorySegment(MEMORY, scratch + 512, LITTLE);
    x9.add(key[5]).intoMemorySegment(MEMORY, scratch + 576, LITTLE);
    x10.add(key[6]).intoMemorySegment(MEMORY, scratch + 640, LITTLE);
    x11.add(key[7]).intoMemorySegment(MEMORY, scratch + 704, LITTLE);
    x12.add(IntVector.fromArray(WORDS, numbers, 0))
        .intoMemorySegment(MEMORY, scratch + 768, LITTLE);
    x13.intoMemorySegment(MEMORY, scratch + 832, LITTLE);
    x14.add(IntVector.fromArray(WORDS, nonceLow, nonceAt))
        .intoMemorySegment(MEMORY, scratch + 896, LITTLE);
    x15.add(IntVector.fromArray(WORDS, nonceHigh, nonceAt))
        .intoMemorySegment(MEMORY, scratch + 960, LITTLE);
  }

  /** Of four rows, makes vectors that hold these four words of blocks i, i + 4, i + 8, i + 12. */
  private static void transpose(long rows) {
    IntVector a = IntVector.fromMemorySegment(WORDS, MEMORY, rows, LITTLE);
    IntVector b = IntVector.fromMemorySegment(WORDS, MEMORY, rows + 64, LITTLE);
    IntVector c = IntVector.fromMemorySegment(WORDS, MEMORY, rows + 128, LITTLE);
    IntVector d = IntVector.fromMemorySegment(WORDS, MEMORY, rows + 192, LITTLE);
    IntVector lowAb = LOW_WORDS.selectFrom(a, b);
    IntVector highAb = HIGH_WORDS.selectFrom(a, b);
    IntVector lowCd = LOW_WORDS.selectFrom(c, d);
    IntVector highCd = HIGH_WORDS.selectFrom(c, d);
    LOW_PAIRS.selectFrom(lowAb, lowCd).intoMemorySegment(MEMORY, rows, LITTLE);
    HIGH_PAIRS.selectFrom(lowAb, lowCd).intoMemorySegment(MEMORY, rows + 64, LITTLE);
    LOW_PAIRS.selectFrom(highAb, highCd).intoMemorySegment(MEMORY, rows + 128, LITTLE);
    HIGH_PAIRS.selectFrom(highAb, highCd).intoMemorySegment(MEMORY, rows + 192, LITTLE);
  }

  /** Puts blocks i, i + 4, i + 8 and i + 12 together and adds each to its memory. */
  private static void addFour(long vectors, long[] addresses, int i) {
    IntVector a = IntVector.fromMemorySegment(WORDS, MEMORY, vectors, LITTLE);
    IntVector b = IntVector.fromMemorySegment(WORDS, MEMORY, vectors + 256, LITTLE);
    IntVector c = IntVector.fromMemorySegment(WORDS, MEMORY, vectors + 512, LITTLE);
    IntVector d = IntVector.fromMemorySegment(WORDS, MEMORY, vectors + 768, LITTLE);
    IntVector lowAb = LOW_HALVES.selectFrom(a, b);
    IntVector highAb = HIGH_HALVES.selectFrom(a, b);
    IntVector lowCd = LOW_HALVES.selectFrom(c, d);
    IntVector highCd = HIGH_HALVES.selectFrom(c, d);
    IntVector.fromMemorySegment(WORDS, MEMORY, addresses[i], LITTLE)
        .lanewise(VectorOperators.XOR, EVEN_QUARTERS.selectFrom(lowAb, lowCd))
        .intoMemorySegment(MEMORY, addresses[i], LITTLE);
    IntVector.fromMemorySegment(WORDS, MEMORY, addresses[i + 4], LITTLE)
        .lanewise(VectorOperators.XOR, ODD_QUARTERS.selectFrom(lowAb, lowCd))
        .intoMemorySegment(MEMORY, addresses[i + 4], LITTLE);
    IntVector.fromMemorySegment(WORDS, MEMORY, addresses[i + 8], LITTLE)
        .lanewise(VectorOperators.XOR, EVEN_QUARTERS.selectFrom(highAb, highCd))
        .intoMemorySegment(MEMORY, addresses[i + 8], LITTLE);
    IntVector.fromMemorySegment(WORDS, MEMORY, addresses[i + 12], LITTLE)
        .lanewise(VectorOperators.XOR, ODD_QUARTERS.selectFrom(highAb, highCd))
        .intoMemorySegment(MEMORY, addresses[i + 12], LITTLE);
  }

  /** The same choice inside each quarter. */
  private static IntVector lanes(int first, int second, int third, int fourth) {
    int[] lanes = new int[LANES];
    for (int i = 0; i < LANES; i += 4) {
      lanes[i] = first + i;
      lanes[i + 1] = second + i;
      lanes[i + 2] = third + i;
      lanes[i + 3] = fourth + i;
    }
    return IntVector.fromArray(WORDS, lanes, 0);
  }

  /** A choice of whole quarters: 0 to 3 of one vector, 4 to 7 of the other. */
  private static IntVector quarters(int first, int second, int third, int fourth) {
    int[] lanes = new int[LANES];
    for (int i = 0; i < 4; i++) {
      lanes[i] = 4 * first + i;
      lanes[4 + i] = 4 * second + i;
      lanes[8 + i] = 4 * third + i;
      lanes[12 + i] = 4 * fourth + i;
    }
    return IntVector.fromArray(WORDS, lanes, 0);
  }
}
