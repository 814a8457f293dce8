package org.tailjar.dataplane;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.AeadKey;

/** Copies what it seals, and finds everything authentic. */
class NullCipher implements Aead, AeadKey, AeadContext {

  /** So many packets of a batch are being sealed, which one of these may take its time for. */
  void sealing(int packets) {}

  /** The same for messages that are being opened, in a batch or not. */
  void opening(int messages) {}

  @Override
  public String name() {
    return "null";
  }

  @Override
  public AeadKey key(byte[] key) {
    return this;
  }

  @Override
  public AeadContext context() {
    return this;
  }

  @Override
  public void seal(
      AeadKey key,
      long counter,
      MemorySegment from,
      long fromOffset,
      int length,
      MemorySegment to,
      long toOffset) {
    MemorySegment.copy(from, fromOffset, to, toOffset, length);
  }

  @Override
  public boolean open(
      AeadKey key,
      long counter,
      MemorySegment from,
      long fromOffset,
      int length,
      MemorySegment to,
      long toOffset) {
    opening(1);
    return true;
  }

  @Override
  public void sealAll(
      AeadKey key,
      long[] counters,
      int count,
      MemorySegment memory,
      long offset,
      int stride,
      int length,
      int lastLength) {
    sealing(count);
  }

  @Override
  public void openAll(
      AeadKey key,
      long[] counters,
      int count,
      MemorySegment memory,
      long offset,
      int stride,
      int length,
      int lastLength,
      boolean[] authentic) {
    opening(count);
    Arrays.fill(authentic, 0, count, true);
  }

  @Override
  public void destroy() {}
}
