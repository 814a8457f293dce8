package org.tailjar.crypto;

/**
 * The authenticator of RFC 8439 2.5 over whole blocks, used again for every message: start, update
 * once, finish. Numbers are given as little-endian words. Not thread-safe.
 */
sealed interface Poly1305 permits JdkPoly1305, ScalarPoly1305 {

  /** Block length in bytes. */
  int BLOCK_LENGTH = 16;

  /** The bits of the low word of {@code r} that are used. */
  long CLAMP_LOW = 0x0ffffffc0fffffffL;

  /** The bits of the high word of {@code r} that are used. */
  long CLAMP_HIGH = 0x0ffffffc0ffffffcL;

  /** Starts a message with {@code r}, the first half of its one-time key, and clamps it. */
  void start(long rLow, long rHigh);

  /** Takes the whole message: {@code length} bytes, a multiple of 16. */
  void update(byte[] input, int length);

  /** Adds {@code s}, the second half of the one-time key, and leaves the tag in {@code tag}. */
  void finish(long sLow, long sHigh, long[] tag);

  /** Adds two numbers modulo 2^128, without a branch. */
  static void addKey(long low, long high, long sLow, long sHigh, long[] tag) {
    long sum = low + sLow;
    long overflow = (low & sLow | (low | sLow) & ~sum) >>> 63;
    tag[0] = sum;
    tag[1] = high + sHigh + overflow;
  }
}
