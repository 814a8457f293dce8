package org.tailjar.crypto;

import java.util.Arrays;
import org.bouncycastle.crypto.digests.Blake2sDigest;
import org.jspecify.annotations.Nullable;

/** BLAKE2s (RFC 7693) in the forms that Noise and WireGuard use. Inputs are given in parts. */
public final class Blake2s {

  /** Length of a hash in bytes. */
  public static final int HASH_LENGTH = 32;

  /** Length of a keyed MAC of {@link #mac16} in bytes. */
  public static final int MAC_LENGTH = 16;

  private static final int BLOCK_LENGTH = 64;
  private static final byte INNER_PAD = 0x36;
  private static final byte OUTER_PAD = 0x5c;

  private Blake2s() {}

  /** BLAKE2s-256 of the concatenation of the parts. */
  public static byte[] hash(byte[]... parts) {
    return digest(null, HASH_LENGTH, parts);
  }

  /**
   * Keyed BLAKE2s with 16 bytes of output, WireGuard's MAC (WireGuard paper 5.4).
   *
   * @param key 1 to 32 bytes
   */
  public static byte[] mac16(byte[] key, byte[]... parts) {
    if (key.length == 0 || key.length > HASH_LENGTH) {
      throw new IllegalArgumentException("a BLAKE2s key has 1 to 32 bytes, not " + key.length);
    }
    return digest(key, MAC_LENGTH, parts);
  }

  /** HMAC (RFC 2104) with BLAKE2s-256; 32 bytes of output, a key of any length. */
  public static byte[] hmac(byte[] key, byte[]... parts) {
    byte[] block = Arrays.copyOf(key.length > BLOCK_LENGTH ? hash(key) : key, BLOCK_LENGTH);
    byte[] outer = block.clone();
    for (int i = 0; i < BLOCK_LENGTH; i++) {
      block[i] ^= INNER_PAD;
      outer[i] ^= OUTER_PAD;
    }
    Blake2sDigest inner = new Blake2sDigest(null, HASH_LENGTH, null, null);
    inner.update(block, 0, BLOCK_LENGTH);
    byte[] mac = hash(outer, finish(inner, parts));
    Arrays.fill(block, (byte) 0);
    Arrays.fill(outer, (byte) 0);
    return mac;
  }

  /** BLAKE2s with an output of {@code length} bytes, with or without a key. */
  static byte[] digest(byte @Nullable [] key, int length, byte[]... parts) {
    return finish(new Blake2sDigest(key, length, null, null), parts);
  }

  private static byte[] finish(Blake2sDigest digest, byte[][] parts) {
    for (byte[] part : parts) {
      digest.update(part, 0, part.length);
    }
    byte[] output = new byte[digest.getDigestSize()];
    digest.doFinal(output, 0);
    return output;
  }
}
