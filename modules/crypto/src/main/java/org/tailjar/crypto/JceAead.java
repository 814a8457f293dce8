package org.tailjar.crypto;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;

/**
 * The JDK's own {@code ChaCha20-Poly1305} cipher, which is always there. It works on arrays, so
 * packets are copied in and out; its initialisation allocates for every packet, which nothing but
 * another back end can avoid.
 */
final class JceAead implements Aead {

  static final String NAME = "jce";

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
    return new Context();
  }

  @Override
  public String toString() {
    return name();
  }

  /** A key whose bytes can be overwritten, unlike those of {@code SecretKeySpec}. */
  private static final class Key implements AeadKey, SecretKey {

    private static final long serialVersionUID = 1L;

    private final transient byte[] raw;
    private transient volatile boolean destroyed;

    Key(byte[] raw) {
      if (raw.length != ChaCha20Poly1305.KEY_LENGTH) {
        throw new IllegalArgumentException("the key has 32 bytes, not " + raw.length);
      }
      this.raw = raw.clone();
    }

    @Override
    public void destroy() {
      destroyed = true;
      VarHandle.fullFence();
      Arrays.fill(raw, (byte) 0);
    }

    @Override
    public boolean isDestroyed() {
      return destroyed;
    }

    @Override
    public String getAlgorithm() {
      return "ChaCha20";
    }

    @Override
    public String getFormat() {
      return "RAW";
    }

    @Override
    public byte[] getEncoded() {
      byte[] copy = raw.clone();
      // Bytes that were overwritten may have been copied only if the flag is seen now.
      VarHandle.loadLoadFence();
      if (destroyed) {
        throw new IllegalStateException("the key is destroyed");
      }
      return copy;
    }

    @Override
    public String toString() {
      return "AeadKey[redacted]";
    }
  }

  private static final class Context implements AeadContext {

    private static final int INITIAL_SCRATCH = 2048;

    private final Cipher sealing = newCipher();
    private final Cipher opening = newCipher();
    private final byte[] nonce = new byte[ChaCha20Poly1305.NONCE_LENGTH];
    private byte[] input = new byte[INITIAL_SCRATCH];
    private byte[] output = new byte[INITIAL_SCRATCH];

    @Override
    public void seal(
        AeadKey key,
        long counter,
        MemorySegment from,
        long fromOffset,
        int length,
        MemorySegment to,
        long toOffset) {
      try {
        run(sealing, Cipher.ENCRYPT_MODE, key, counter, from, fromOffset, length, to, toOffset);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("ChaCha20-Poly1305 failed to seal", e);
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
      if (length < TAG_LENGTH) {
        return false;
      }
      try {
        run(opening, Cipher.DECRYPT_MODE, key, counter, from, fromOffset, length, to, toOffset);
        return true;
      } catch (AEADBadTagException e) {
        return false;
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("ChaCha20-Poly1305 failed to open", e);
      }
    }

    private void run(
        Cipher cipher,
        int mode,
        AeadKey key,
        long counter,
        MemorySegment from,
        long fromOffset,
        int length,
        MemorySegment to,
        long toOffset)
        throws GeneralSecurityException {
      Key secret = (Key) key;
      if (input.length < length + TAG_LENGTH) {
        input = new byte[length + length / 2 + TAG_LENGTH];
        output = new byte[input.length];
      }
      for (int i = 0; i < Long.BYTES; i++) {
        nonce[4 + i] = (byte) (counter >>> 8 * i);
      }
      MemorySegment.copy(from, ValueLayout.JAVA_BYTE, fromOffset, input, 0, length);
      cipher.init(mode, secret, new IvParameterSpec(nonce));
      int written = cipher.doFinal(input, 0, length, output, 0);
      MemorySegment.copy(output, 0, to, ValueLayout.JAVA_BYTE, toOffset, written);
    }

    private static Cipher newCipher() {
      try {
        return Cipher.getInstance("ChaCha20-Poly1305");
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("this Java has no ChaCha20-Poly1305", e);
      }
    }
  }
}
