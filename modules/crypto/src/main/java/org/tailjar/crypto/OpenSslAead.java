package org.tailjar.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * OpenSSL's {@code EVP_chacha20_poly1305}, called through {@code java.lang.foreign}. There where
 * {@code libcrypto.so.3} is installed and the module has native access.
 *
 * <p>A context of OpenSSL keeps the last key until the next packet or until the garbage collector
 * finds the {@link AeadContext}, whose memory OpenSSL then overwrites and frees.
 */
final class OpenSslAead implements Aead {

  static final String NAME = "openssl";

  private static final ValueLayout.OfLong COUNTER =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Where the counter starts in the nonce. */
  private static final int COUNTER_OFFSET = 4;

  private final LibCrypto crypto;

  private OpenSslAead(LibCrypto crypto) {
    this.crypto = crypto;
  }

  /** Null where OpenSSL is not there or must not be called. */
  static @Nullable OpenSslAead load() {
    LibCrypto crypto = LibCrypto.load();
    return crypto == null ? null : new OpenSslAead(crypto);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public AeadKey key(byte[] key) {
    return new Key(key);
  }

  @Override
  public AeadContext context() {
    return new Context(crypto);
  }

  @Override
  public String toString() {
    return name();
  }

  private static final class Key implements AeadKey {

    private final MemorySegment raw =
        Arena.ofAuto().allocate(ChaCha20Poly1305.KEY_LENGTH, Long.BYTES);
    private volatile boolean destroyed;

    Key(byte[] key) {
      if (key.length != ChaCha20Poly1305.KEY_LENGTH) {
        throw new IllegalArgumentException("the key has 32 bytes, not " + key.length);
      }
      MemorySegment.copy(key, 0, raw, ValueLayout.JAVA_BYTE, 0, key.length);
    }

    /**
     * Fails if the key is destroyed. Called before it is used, and again after, because OpenSSL may
     * have read it while it was overwritten.
     */
    void requireIntact() {
      VarHandle.loadLoadFence();
      if (destroyed) {
        throw new IllegalStateException("the key is destroyed");
      }
    }

    @Override
    public void destroy() {
      destroyed = true;
      VarHandle.fullFence();
      raw.fill((byte) 0);
    }

    @Override
    public String toString() {
      return "AeadKey[redacted]";
    }
  }

  private static final class Context implements AeadContext {

    private final LibCrypto crypto;
    private final MemorySegment sealing;
    private final MemorySegment opening;
    private final MemorySegment nonce =
        Arena.ofAuto().allocate(ChaCha20Poly1305.NONCE_LENGTH, Long.BYTES);

    /** Where OpenSSL says how much it wrote, which is always what was asked. */
    private final MemorySegment written = Arena.ofAuto().allocate(ValueLayout.JAVA_INT);

    Context(LibCrypto crypto) {
      this.crypto = crypto;
      sealing = crypto.newContext(true);
      opening = crypto.newContext(false);
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
      long input = Native.address(from, fromOffset, length);
      long output = Native.address(to, toOffset, (long) length + TAG_LENGTH);
      Key secret = (Key) key;
      secret.requireIntact();
      nonce.set(COUNTER, COUNTER_OFFSET, counter);
      boolean sealed =
          crypto.encrypt(
              sealing.address(),
              secret.raw.address(),
              nonce.address(),
              input,
              length,
              output,
              written.address());
      keepAlive(key, from, to);
      requireIntact(secret, to, toOffset, length + TAG_LENGTH);
      if (!sealed) {
        throw new IllegalStateException("OpenSSL failed to seal a packet");
      }
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
      int plaintextLength = length - TAG_LENGTH;
      if (plaintextLength < 0) {
        return false;
      }
      long input = Native.address(from, fromOffset, length);
      long output = Native.address(to, toOffset, plaintextLength);
      Key secret = (Key) key;
      secret.requireIntact();
      nonce.set(COUNTER, COUNTER_OFFSET, counter);
      boolean authentic =
          crypto.decrypt(
              opening.address(),
              secret.raw.address(),
              nonce.address(),
              input,
              plaintextLength,
              output,
              written.address());
      keepAlive(key, from, to);
      requireIntact(secret, to, toOffset, plaintextLength);
      if (!authentic) {
        to.asSlice(toOffset, plaintextLength).fill((byte) 0);
      }
      return authentic;
    }

    /** Leaves no output that may have been made with an overwritten key. */
    private static void requireIntact(Key key, MemorySegment to, long toOffset, int length) {
      try {
        key.requireIntact();
      } catch (IllegalStateException destroyed) {
        to.asSlice(toOffset, length).fill((byte) 0);
        throw destroyed;
      }
    }

    /** OpenSSL is given addresses; what they belong to must not be collected during a call. */
    private void keepAlive(AeadKey key, MemorySegment from, MemorySegment to) {
      Reference.reachabilityFence(key);
      Reference.reachabilityFence(from);
      Reference.reachabilityFence(to);
      Reference.reachabilityFence(this);
    }
  }
}
