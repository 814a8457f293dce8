package org.tailjar.crypto;

import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * ChaCha20-Poly1305 (RFC 8439 2.8) over arrays, for handshakes and control. Packets go through an
 * {@link Aead}.
 */
public final class ChaCha20Poly1305 {

  /** Length of a key in bytes. */
  public static final int KEY_LENGTH = 32;

  /** Length of a nonce in bytes. */
  public static final int NONCE_LENGTH = 12;

  /** Length of a tag in bytes. */
  public static final int TAG_LENGTH = 16;

  private ChaCha20Poly1305() {}

  /** Returns the ciphertext followed by the tag. */
  public static byte[] seal(byte[] key, byte[] nonce, byte[] plaintext, byte[] additionalData) {
    try {
      return cipher(Cipher.ENCRYPT_MODE, key, nonce, additionalData).doFinal(plaintext);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("ChaCha20-Poly1305 failed to seal", e);
    }
  }

  /**
   * Opens a ciphertext that its tag follows.
   *
   * @throws CryptoException if the message is forged or shorter than a tag
   */
  public static byte[] open(byte[] key, byte[] nonce, byte[] ciphertext, byte[] additionalData) {
    if (ciphertext.length < TAG_LENGTH) {
      throw new CryptoException("message is shorter than its tag");
    }
    try {
      return cipher(Cipher.DECRYPT_MODE, key, nonce, additionalData).doFinal(ciphertext);
    } catch (AEADBadTagException e) {
      throw new CryptoException("message is forged");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("ChaCha20-Poly1305 failed to open", e);
    }
  }

  private static Cipher cipher(int mode, byte[] key, byte[] nonce, byte[] additionalData)
      throws GeneralSecurityException {
    if (key.length != KEY_LENGTH || nonce.length != NONCE_LENGTH) {
      throw new IllegalArgumentException("the key has 32 bytes and the nonce has 12");
    }
    Cipher cipher = Cipher.getInstance("ChaCha20-Poly1305");
    cipher.init(mode, new SecretKeySpec(key, "ChaCha20"), new IvParameterSpec(nonce));
    cipher.updateAAD(additionalData);
    return cipher;
  }
}
