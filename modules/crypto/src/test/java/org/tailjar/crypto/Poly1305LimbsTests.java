package org.tailjar.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Poly1305LimbsTests {

  private static final BigInteger PRIME =
      BigInteger.ONE.shiftLeft(130).subtract(BigInteger.valueOf(5));
  private static final BigInteger WORD = BigInteger.ONE.shiftLeft(64);
  private static final BigInteger TWO_WORDS = BigInteger.ONE.shiftLeft(128);

  private final Random random = new Random(1305);

  @Test
  void sumsAreReducedCompletely() {
    for (int distance = -20; distance <= 20; distance++) {
      for (int multiple = 0; multiple <= 1; multiple++) {
        BigInteger number =
            PRIME.multiply(BigInteger.valueOf(multiple)).add(BigInteger.valueOf(distance));
        if (number.signum() >= 0) {
          assertTag(split(number), random.nextLong(), random.nextLong());
          assertTag(split(number), -1, -1);
          assertTag(split(number), 0, 0);
        }
      }
    }
  }

  @Test
  void extremeLimbsAreReducedCompletely() {
    long full = (1L << 26) - 1;
    long[] extremes = {
      0, 1, -1, 5, -5, full, full - 5, full - 4, full + 1, -full, 1L << 58, -(1L << 58)
    };
    for (int i = 0; i < 50_000; i++) {
      long[] limbs = new long[5];
      for (int limb = 0; limb < 5; limb++) {
        limbs[limb] = extremes[random.nextInt(extremes.length)];
      }
      assertTag(limbs, random.nextLong(), random.nextLong());
    }
  }

  @Test
  void anySumIsReducedCompletely() {
    for (int i = 0; i < 50_000; i++) {
      long[] limbs = new long[5];
      for (int limb = 0; limb < 5; limb++) {
        limbs[limb] = random.nextLong() >> 5 + random.nextInt(40);
      }
      assertTag(limbs, random.nextLong(), random.nextLong());
    }
  }

  /** RFC 8439 2.5: clamping clears the top four bits of four bytes and the low two of three. */
  @Test
  void keysAreClampedAndSplit() {
    for (int i = 0; i < 1000; i++) {
      long low = random.nextLong();
      long high = random.nextLong();
      long[] limbs = new long[5];
      Poly1305Limbs.clampAndSplit(low, high, limbs);

      BigInteger clamp = new BigInteger("0ffffffc0ffffffc0ffffffc0fffffff", 16);
      BigInteger r = unsigned(high).multiply(WORD).add(unsigned(low)).and(clamp);
      assertThat(limbs).isEqualTo(split(r));
    }
  }

  private static void assertTag(long[] limbs, long sLow, long sHigh) {
    BigInteger value = BigInteger.ZERO;
    for (int i = 4; i >= 0; i--) {
      value = value.shiftLeft(26).add(BigInteger.valueOf(limbs[i]));
    }
    BigInteger s = unsigned(sHigh).multiply(WORD).add(unsigned(sLow));
    BigInteger expected = value.mod(PRIME).add(s).mod(TWO_WORDS);
    long[] tag = new long[2];
    Poly1305Limbs.finish(limbs, sLow, sHigh, tag);

    assertThat(unsigned(tag[1]).multiply(WORD).add(unsigned(tag[0])))
        .as("%s", value)
        .isEqualTo(expected);
  }

  private static long[] split(BigInteger number) {
    long[] limbs = new long[5];
    BigInteger mask = BigInteger.valueOf((1L << 26) - 1);
    for (int i = 0; i < 5; i++) {
      limbs[i] = number.shiftRight(26 * i).and(mask).longValueExact();
    }
    return limbs;
  }

  private static BigInteger unsigned(long word) {
    return new BigInteger(Long.toUnsignedString(word));
  }
}
