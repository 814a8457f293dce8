package org.tailjar.crypto;

import java.lang.foreign.MemorySegment;

/**
 * Seals and opens packets with ChaCha20-Poly1305 without additional data, as WireGuard's transport
 * messages need it: the nonce is four zero bytes and the counter, little-endian (WireGuard paper
 * 5.4.6). Used by one thread at a time.
 *
 * <p>Source and destination are off-heap and are either the same range or do not overlap.
 */
public interface AeadContext {

  /**
   * Writes {@code length} bytes of ciphertext and a tag of {@link Aead#TAG_LENGTH} bytes to {@code
   * to}.
   */
  void seal(
      AeadKey key,
      long counter,
      MemorySegment from,
      long fromOffset,
      int length,
      MemorySegment to,
      long toOffset);

  /**
   * Opens {@code length} bytes of ciphertext and tag and writes {@code length - TAG_LENGTH} bytes.
   *
   * @return false when the message is forged; the destination then holds nothing of use
   */
  boolean open(
      AeadKey key,
      long counter,
      MemorySegment from,
      long fromOffset,
      int length,
      MemorySegment to,
      long toOffset);

  /**
   * Seals messages that lie at equal distances, each in place: {@code length} bytes of plaintext
   * become ciphertext, and the tag is written behind them. Several at once take less time each than
   * one alone, if the implementation can work on them side by side.
   *
   * @param counters one for each message; what lies behind {@code count} is ignored
   * @param count of messages, at least 1
   * @param memory off-heap
   * @param offset of the first message's plaintext
   * @param stride bytes from the start of one message to that of the next, at least {@code length +
   *     TAG_LENGTH}
   * @param length of the plaintext of every message but the last
   * @param lastLength of the last message's plaintext, at most {@code length}
   */
  default void sealAll(
      AeadKey key,
      long[] counters,
      int count,
      MemorySegment memory,
      long offset,
      int stride,
      int length,
      int lastLength) {
    for (int i = 0; i < count; i++) {
      long at = offset + (long) i * stride;
      seal(key, counters[i], memory, at, i == count - 1 ? lastLength : length, memory, at);
    }
  }

  /**
   * Opens messages that lie at equal distances, each in place.
   *
   * @param counters as for {@link #sealAll}
   * @param offset of the first message's ciphertext
   * @param length of ciphertext and tag of every message but the last
   * @param lastLength of ciphertext and tag of the last, at most {@code length}
   * @param authentic becomes false for each message that is forged, which then holds nothing of use
   */
  default void openAll(
      AeadKey key,
      long[] counters,
      int count,
      MemorySegment memory,
      long offset,
      int stride,
      int length,
      int lastLength,
      boolean[] authentic) {
    for (int i = 0; i < count; i++) {
      long at = offset + (long) i * stride;
      int sealed = i == count - 1 ? lastLength : length;
      authentic[i] = open(key, counters[i], memory, at, sealed, memory, at);
    }
  }
}
