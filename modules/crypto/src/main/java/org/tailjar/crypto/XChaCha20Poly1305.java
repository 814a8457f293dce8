package org.tailjar.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) over arrays: a nonce long enough to be random.
 */
public final class XChaCha20Poly1305 {

  /** Length of a nonce in bytes. */
  public static final int NONCE_LENGTH = 24;

  private static final int HCHACHA_INPUT_LENGTH = 16;
  private static final int DOUBLE_ROUNDS = 10;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private XChaCha20Poly1305() {}

  /** Returns the ciphertext followed by the tag. */
  public static byte[] seal(byte[] key, byte[] nonce, byte[] plaintext, byte[] additionalData) {
    byte[] subkey = subkey(key, nonce);
    try {
      return ChaCha20Poly1305.seal(subkey, innerNonce(nonce), plaintext, additionalData);
    } finally {
      Arrays.fill(subkey, (byte) 0);
    }
  }

  /**
   * Opens a ciphertext that its tag follows.
   *
   * @throws CryptoException if the message is forged or shorter than a tag
   */
  public static byte[] open(byte[] key, byte[] nonce, byte[] ciphertext, byte[] additionalData) {
    byte[] subkey = subkey(key, nonce);
    try {
      return ChaCha20Poly1305.open(subkey, innerNonce(nonce), ciphertext, additionalData);
    } finally {
      Arrays.fill(subkey, (byte) 0);
    }
  }

  private static byte[] innerNonce(byte[] nonce) {
    byte[] inner = new byte[ChaCha20Poly1305.NONCE_LENGTH];
    System.arraycopy(nonce, HCHACHA_INPUT_LENGTH, inner, 4, 8);
    return inner;
  }

  private static byte[] subkey(byte[] key, byte[] nonce) {
    if (key.length != ChaCha20Poly1305.KEY_LENGTH || nonce.length != NONCE_LENGTH) {
      throw new IllegalArgumentException("the key has 32 bytes and the nonce has 24");
    }
    return hChaCha20(key, nonce);
  }

  /** HChaCha20 (draft 2.2) of a key and the first 16 bytes of {@code input}. */
  static byte[] hChaCha20(byte[] key, byte[] input) {
    int[] x = new int[16];
    // "expand 32-byte k"
    x[0] = 0x61707865;
    x[1] = 0x3320646e;
    x[2] = 0x79622d32;
    x[3] = 0x6b206574;
    for (int i = 0; i < 8; i++) {
      x[4 + i] = (int) INT.get(key, 4 * i);
    }
    for (int i = 0; i < 4; i++) {
      x[12 + i] = (int) INT.get(input, 4 * i);
    }
    for (int i = 0; i < DOUBLE_ROUNDS; i++) {
      quarterRound(x, 0, 4, 8, 12);
      quarterRound(x, 1, 5, 9, 13);
      quarterRound(x, 2, 6, 10, 14);
      quarterRound(x, 3, 7, 11, 15);
      quarterRound(x, 0, 5, 10, 15);
      quarterRound(x, 1, 6, 11, 12);
      quarterRound(x, 2, 7, 8, 13);
      quarterRound(x, 3, 4, 9, 14);
    }
    byte[] subkey = new byte[ChaCha20Poly1305.KEY_LENGTH];
    for (int i = 0; i < 4; i++) {
      INT.set(subkey, 4 * i, x[i]);
      INT.set(subkey, 16 + 4 * i, x[12 + i]);
    }
    Arrays.fill(x, 0);
    return subkey;
  }

  private static void quarterRound(int[] x, int a, int b, int c, int d) {
    x[a] += x[b];
    x[d] = Integer.rotateLeft(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = Integer.rotateLeft(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = Integer.rotateLeft(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = Integer.rotateLeft(x[b] ^ x[c], 7);
  }
}
