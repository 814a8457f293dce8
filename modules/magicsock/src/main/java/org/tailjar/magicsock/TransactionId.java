package org.tailjar.magicsock;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/**
 * The twelve random bytes that tie an answer to its question, in STUN (RFC 8489 5) and in DISCO
 * alike.
 *
 * @param high the first eight bytes, big-endian
 * @param low the last four
 */
record TransactionId(long high, int low) {

  static final int LENGTH = 12;

  static TransactionId random(RandomGenerator random) {
    return new TransactionId(random.nextLong(), random.nextInt());
  }

  static TransactionId get(ByteBuffer from) {
    return new TransactionId(from.getLong(), from.getInt());
  }

  void put(ByteBuffer to) {
    to.putLong(high).putInt(low);
  }
}
