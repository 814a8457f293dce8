package org.tailjar.crypto;

import java.security.SecureRandom;

/** Diffie-Hellman on Curve25519 (RFC 7748 5 and 6.1). Scalars are clamped as they are used. */
public final class X25519 {

  /** Length of private keys, public keys and shared secrets in bytes. */
  public static final int LENGTH = 32;

  private static final SecureRandom RANDOM = new SecureRandom();

  private X25519() {}

  /** A new random private key, clamped. */
  public static byte[] generatePrivateKey() {
    byte[] key = new byte[LENGTH];
    RANDOM.nextBytes(key);
    key[0] &= (byte) 248;
    key[31] = (byte) (key[31] & 127 | 64);
    return key;
  }

  /** The public key of a 32-byte private key. */
  public static byte[] publicKey(byte[] privateKey) {
    requireLength(privateKey);
    byte[] publicKey = new byte[LENGTH];
    org.bouncycastle.math.ec.rfc7748.X25519.scalarMultBase(privateKey, 0, publicKey, 0);
    return publicKey;
  }

  /**
   * The secret that both sides can compute.
   *
   * @throws CryptoException if it is all zeros, because the public key is a point of low order
   */
  public static byte[] sharedSecret(byte[] privateKey, byte[] publicKey) {
    requireLength(privateKey);
    requireLength(publicKey);
    byte[] secret = new byte[LENGTH];
    if (!org.bouncycastle.math.ec.rfc7748.X25519.calculateAgreement(
        privateKey, 0, publicKey, 0, secret, 0)) {
      throw new CryptoException("public key of low order");
    }
    return secret;
  }

  private static void requireLength(byte[] key) {
    if (key.length != LENGTH) {
      throw new IllegalArgumentException("an X25519 key has 32 bytes, not " + key.length);
    }
  }
}
