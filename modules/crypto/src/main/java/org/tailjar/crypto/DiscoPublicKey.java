package org.tailjar.crypto;

/**
 * The public key that a node uses for DISCO path discovery; new at every start of the node. Text
 * form {@code discokey:<64 hex>}.
 */
public final class DiscoPublicKey extends Key32 implements Comparable<DiscoPublicKey> {

  private static final String PREFIX = "discokey:";

  /** The key of all zeros, which stands for "none". */
  public static final DiscoPublicKey ZERO = new DiscoPublicKey(new byte[LENGTH]);

  private DiscoPublicKey(byte[] raw) {
    super(raw);
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if the text is not such a key
   */
  public static DiscoPublicKey parse(String text) {
    return new DiscoPublicKey(KeyText.parse(PREFIX, text));
  }

  /**
   * A key of 32 bytes, which are copied.
   *
   * @throws IllegalArgumentException if there are more or fewer bytes
   */
  public static DiscoPublicKey of(byte[] raw) {
    return new DiscoPublicKey(raw);
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
  public int compareTo(DiscoPublicKey other) {
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
