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
}
