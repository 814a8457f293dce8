package org.tailjar.dataplane;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.AeadKey;
import org.tailjar.crypto.PacketCiphers;

/** Fails to seal as if the key was destroyed, as often as it is told to. */
final class BrittleAead implements Aead {

  /** How many packets it fails to seal from now on. */
  final AtomicInteger failures = new AtomicInteger();

  private final Aead real = PacketCiphers.byName("jce");

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public AeadKey key(byte[] key) {
    return real.key(key);
  }

  @Override
  public AeadContext context() {
    AeadContext context = real.context();
    return new AeadContext() {
      @Override
      public void seal(
          AeadKey key,
          long counter,
          MemorySegment from,
          long fromOffset,
          int length,
          MemorySegment to,
          long toOffset) {
        if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
          throw new IllegalStateException("the key is destroyed");
        }
        context.seal(key, counter, from, fromOffset, length, to, toOffset);
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
        return context.open(key, counter, from, fromOffset, length, to, toOffset);
      }
    };
  }
}
