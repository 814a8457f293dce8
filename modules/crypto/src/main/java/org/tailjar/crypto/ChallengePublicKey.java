package org.tailjar.crypto;

/**
 * The challenge that a control server sends in the early payload of a Noise session. Text form
 * {@code chalpub:<64 hex>}.
 */
public final class ChallengePublicKey extends Key32 implements Comparable<ChallengePublicKey> {

  private static final String PREFIX = "chalpub:";

  /** The key of all zeros, which stands for "none". */
  public static final ChallengePublicKey ZERO = new ChallengePublicKey(new byte[LENGTH]);

  private ChallengePublicKey(byte[] raw) {
    super(raw);
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if the text is not such a key
   */
  public static ChallengePublicKey parse(String text) {
    return new ChallengePublicKey(KeyText.parse(PREFIX, text));
  }

  /**
   * A key of 32 bytes, which are copied.
   *
   * @throws IllegalArgumentException if there are more or fewer bytes
   */
  public static ChallengePublicKey of(byte[] raw) {
    return new ChallengePublicKey(raw);
  }

  /** The text form, as control and users write it. */
  public String text() {
    return KeyText.format(PREFIX, raw());
  }

  /** Whether this is the key of all zeros. */
  public boolean isZero() {
    return equals(ZERO);
  }

  /** Orders keys by their bytes, unsigned. */
  @Override
  public int compareTo(ChallengePublicKey other) {
    return compareBytes(other);
  }

  @Override
  public int hashCode() {
    return hashBytes();
  }

  @Override
  public String toString() {
    return text();
  }
}
