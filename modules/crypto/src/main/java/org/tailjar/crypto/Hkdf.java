package org.tailjar.crypto;

import java.util.Arrays;

/**
 * HKDF (RFC 5869) with HMAC-BLAKE2s and no info, as Noise 4.3 and the WireGuard paper 5.4 ({@code
 * KDF1}, {@code KDF2}, {@code KDF3}) use it.
 */
public final class Hkdf {

  private static final int MAX_OUTPUTS = 3;

  private Hkdf() {}

  /**
   * Derives 32-byte keys.
   *
   * @param chainingKey the salt
   * @param ikm the input key material; may be empty
   * @param outputs how many keys, 1 to 3
   */
  public static byte[][] derive(byte[] chainingKey, byte[] ikm, int outputs) {
    if (outputs < 1 || outputs > MAX_OUTPUTS) {
      throw new IllegalArgumentException("1 to 3 outputs, not " + outputs);
    }
    byte[] temporary = Blake2s.hmac(chainingKey, ikm);
    byte[][] keys = new byte[outputs][];
    byte[] previous = {};
    for (int i = 0; i < outputs; i++) {
      keys[i] = Blake2s.hmac(temporary, previous, new byte[] {(byte) (i + 1)});
      previous = keys[i];
    }
    Arrays.fill(temporary, (byte) 0);
    return keys;
  }
}
