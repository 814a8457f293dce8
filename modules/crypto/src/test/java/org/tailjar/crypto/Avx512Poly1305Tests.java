package org.tailjar.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The machine code and what follows it, against the definition in numbers of any length. */
class Avx512Poly1305Tests {

  private static final BigInteger PRIME =
      BigInteger.ONE.shiftLeft(130).subtract(BigInteger.valueOf(5));
  private static final BigInteger WORD = BigInteger.ONE.shiftLeft(64);
  private static final int LANES = Avx512Poly1305.LANES;

  private final Random random = new Random(1305);

  @Test
  void resultsAreReducedCompletely() {
    BigInteger[] edges = {
      BigInteger.ZERO,
      BigInteger.ONE,
      PRIME.subtract(BigInteger.ONE),
      PRIME,
      PRIME.add(BigInteger.ONE),
      BigInteger.ONE.shiftLeft(130).subtract(BigInteger.ONE),
      BigInteger.ONE.shiftLeft(128),
      BigInteger.ONE.shiftLeft(44).subtract(BigInteger.ONE)
    };
    for (BigInteger edge : edges) {
      checkFinish(limb(edge, 0), limb(edge, 1), limb(edge, 2));
    }
    long most = (1L << 44) - 1;
    // What the code leaves: limb 1 may be somewhat over its bound.
    checkFinish(most, most + 300, (1L << 42) - 1);
    checkFinish(most, most, (1L << 42) - 1);
    checkFinish(most - 4, most, (1L << 42) - 1);
    for (int i = 0; i < 100_000; i++) {
      checkFinish(
          random.nextLong() & most,
          (random.nextLong() & most) + random.nextInt(1 << 16),
          random.nextLong() & (1L << 42) - 1);
    }
  }

  private static long limb(BigInteger number, int limb) {
    return number.shiftRight(44 * limb).longValue() & (limb == 2 ? (1L << 42) - 1 : (1L << 44) - 1);
  }

  private void checkFinish(long l0, long l1, long l2) {
    long sLow = random.nextLong();
    long sHigh = random.nextLong();
    long[] tag = new long[2];

    Avx512Poly1305.finish(l0, l1, l2, sLow, sHigh, tag);

    BigInteger sum = BigInteger.valueOf(l2).shiftLeft(44).add(BigInteger.valueOf(l1)).shiftLeft(44);
    assertThat(number(tag[0], tag[1]))
        .isEqualTo(
            sum.add(BigInteger.valueOf(l0))
                .mod(PRIME)
                .add(number(sLow, sHigh))
                .mod(WORD.multiply(WORD)));
  }

  /** Overflow between limbs shows with few keys, most likely with those of many ones. */
  @Test
  void everyLengthIsAuthenticatedWithKeysAndMessagesOfManyOnes() {
    assumeTrue(Processor.hasAvx512Ifma(), "needs a processor with AVX-512 IFMA");
    for (int length = 0; length <= 330; length++) {
      long[] low = new long[LANES];
      long[] high = new long[LANES];
      byte[][] messages = new byte[LANES][length];
      for (int lane = 0; lane < LANES; lane++) {
        low[lane] = (lane < 4 ? -1 : random.nextLong()) & Poly1305.CLAMP_LOW;
        high[lane] = (lane < 4 ? -1 : random.nextLong()) & Poly1305.CLAMP_HIGH;
        random.nextBytes(messages[lane]);
        if (lane % 4 < 2) {
          Arrays.fill(messages[lane], (byte) -1);
        }
      }
      long[][] tags = authenticate(low, high, messages, length);
      for (int lane = 0; lane < LANES; lane++) {
        assertThat(number(tags[lane][0], tags[lane][1]))
            .as("length %d, lane %d", length, lane)
            .isEqualTo(definition(messages[lane], number(low[lane], high[lane])));
      }
    }
  }

  private static long[][] authenticate(long[] low, long[] high, byte[][] messages, int length) {
    long[][] tags = new long[LANES][2];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment parameters = arena.allocate(Avx512Poly1305.PARAMETERS_LENGTH, 64);
      for (int i = 0; i < 3; i++) {
        parameters.set(
            JAVA_LONG, Avx512Poly1305.CONSTANTS + 8L * i, Avx512Poly1305.CONSTANT_NUMBERS[i]);
      }
      for (int lane = 0; lane < LANES; lane++) {
        // Of its own: what is read beyond it is another's.
        MemorySegment message = arena.allocate(Math.max(1, length));
        MemorySegment.copy(messages[lane], 0, message, JAVA_BYTE, 0, length);
        parameters.set(JAVA_LONG, Avx512Poly1305.ADDRESSES + 8L * lane, message.address());
        for (int limb = 0; limb < 3; limb++) {
          parameters.set(
              JAVA_LONG,
              Avx512Poly1305.KEYS + 64L * limb + 8L * lane,
              Avx512Poly1305.limb(limb, low[lane], high[lane]));
        }
      }
      int rest = length % 64;
      parameters.set(JAVA_LONG, Avx512Poly1305.PIECES, length / 64);
      parameters.set(JAVA_LONG, Avx512Poly1305.REST_MASK, (1L << rest) - 1);
      parameters.set(JAVA_LONG, Avx512Poly1305.REST_BLOCKS, (rest + 15) / 16);
      parameters.set(JAVA_LONG, Avx512Poly1305.MESSAGE_LENGTH, length);
      Avx512Code.authenticate(parameters.address());
      for (int lane = 0; lane < LANES; lane++) {
        long at = Avx512Poly1305.RESULTS + 8L * lane;
        Avx512Poly1305.finish(
            parameters.get(JAVA_LONG, at),
            parameters.get(JAVA_LONG, at + 64),
            parameters.get(JAVA_LONG, at + 128),
            0,
            0,
            tags[lane]);
      }
    }
    return tags;
  }

  /** RFC 8439 2.5 of what 2.8 authenticates. */
  private static BigInteger definition(byte[] message, BigInteger r) {
    byte[] padded = Arrays.copyOf(message, (message.length + 15) / 16 * 16 + 16);
    for (int i = 0; i < 8; i++) {
      padded[padded.length - 8 + i] = (byte) ((long) message.length >>> 8 * i);
    }
    BigInteger sum = BigInteger.ZERO;
    for (int at = 0; at < padded.length; at += 16) {
      byte[] block = new byte[17];
      block[0] = 1;
      for (int i = 0; i < 16; i++) {
        block[16 - i] = padded[at + i];
      }
      sum = sum.add(new BigInteger(1, block)).multiply(r).mod(PRIME);
    }
    return sum.mod(WORD.multiply(WORD));
  }

  private static BigInteger number(long low, long high) {
    BigInteger unsigned = BigInteger.valueOf(high).mod(WORD);
    return unsigned.shiftLeft(64).add(BigInteger.valueOf(low).mod(WORD));
  }
}
