package org.tailjar.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import org.bouncycastle.crypto.engines.Salsa20Engine;
import org.bouncycastle.crypto.engines.XSalsa20Engine;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.jspecify.annotations.Nullable;

/**
 * NaCl's {@code crypto_box}: X25519, XSalsa20 and Poly1305, for DISCO messages and DERP's
 * introductions. The shared key is computed once for a pair of keys; both sides get the same.
 * Thread-safe.
 */
public final class NaclBox {

  /** Length of a nonce in bytes. */
  public static final int NONCE_LENGTH = 24;

  /** How much longer a box is than its content, in bytes. The tag comes first. */
  public static final int TAG_LENGTH = 16;

  private static final int AUTHENTICATOR_KEY_LENGTH = 32;
  private static final int SALSA_ROUNDS = 20;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] sharedKey;

  /**
   * Precomputes the key that is shared with the owner of {@code publicKey}.
   *
   * @throws CryptoException if the public key is a point of low order
   */
  public NaclBox(byte[] privateKey, byte[] publicKey) {
    byte[] secret = X25519.sharedSecret(privateKey, publicKey);
    sharedKey = hSalsa20(secret);
    Arrays.fill(secret, (byte) 0);
  }

  /** Returns the tag followed by the ciphertext. A nonce must never be used twice. */
  public byte[] seal(byte[] nonce, byte[] plaintext) {
    XSalsa20Engine stream = stream(nonce);
    Poly1305 authenticator = authenticator(stream);
    byte[] boxed = new byte[TAG_LENGTH + plaintext.length];
    stream.processBytes(plaintext, 0, plaintext.length, boxed, TAG_LENGTH);
    authenticator.update(boxed, TAG_LENGTH, plaintext.length);
    authenticator.doFinal(boxed, 0);
    return boxed;
  }

  /** Returns the content, or null if the box is forged or was not made for this pair of keys. */
  public byte @Nullable [] open(byte[] nonce, byte[] boxed) {
    if (boxed.length < TAG_LENGTH) {
      return null;
    }
    XSalsa20Engine stream = stream(nonce);
    Poly1305 authenticator = authenticator(stream);
    authenticator.update(boxed, TAG_LENGTH, boxed.length - TAG_LENGTH);
    byte[] tag = new byte[TAG_LENGTH];
    authenticator.doFinal(tag, 0);
    if (!MessageDigest.isEqual(tag, Arrays.copyOf(boxed, TAG_LENGTH))) {
      return null;
    }
    byte[] plaintext = new byte[boxed.length - TAG_LENGTH];
    stream.processBytes(boxed, TAG_LENGTH, plaintext.length, plaintext, 0);
    return plaintext;
  }

  @Override
  public String toString() {
    return "NaclBox[redacted]";
  }

  private XSalsa20Engine stream(byte[] nonce) {
    if (nonce.length != NONCE_LENGTH) {
      throw new IllegalArgumentException("the nonce has 24 bytes, not " + nonce.length);
    }
    XSalsa20Engine stream = new XSalsa20Engine();
    stream.init(true, new ParametersWithIV(new KeyParameter(sharedKey), nonce));
    return stream;
  }

  /** The first 32 bytes of the key stream are the one-time key of the authenticator. */
  private static Poly1305 authenticator(XSalsa20Engine stream) {
    byte[] key = new byte[AUTHENTICATOR_KEY_LENGTH];
    stream.processBytes(key, 0, key.length, key, 0);
    Poly1305 authenticator = new Poly1305();
    authenticator.init(new KeyParameter(key));
    Arrays.fill(key, (byte) 0);
    return authenticator;
  }

  /** HSalsa20 with a nonce of zeros: NaCl's {@code crypto_box_beforenm}. */
  private static byte[] hSalsa20(byte[] key) {
    int[] input = new int[16];
    // "expand 32-byte k" on the diagonal, the key between; the nonce, words 6 to 9, is zero.
    input[0] = 0x61707865;
    input[5] = 0x3320646e;
    input[10] = 0x79622d32;
    input[15] = 0x6b206574;
    for (int i = 0; i < 4; i++) {
      input[1 + i] = (int) INT.get(key, 4 * i);
      input[11 + i] = (int) INT.get(key, 16 + 4 * i);
    }
    int[] output = new int[16];
    Salsa20Engine.salsaCore(SALSA_ROUNDS, input, output);
    // The core adds its input at the end and HSalsa20 does not.
    byte[] result = new byte[32];
    for (int i = 0; i < 4; i++) {
      INT.set(result, 4 * i, output[5 * i] - input[5 * i]);
      INT.set(result, 16 + 4 * i, output[6 + i]);
    }
    Arrays.fill(input, 0);
    Arrays.fill(output, 0);
    return result;
  }
}
