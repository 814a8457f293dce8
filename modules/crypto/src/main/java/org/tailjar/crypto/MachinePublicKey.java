package org.tailjar.crypto;

/**
 * A machine's public key: the static key of the control protocol's Noise session, of a node or of
 * the control server. Text form {@code mkey:<64 hex>}.
 */
public final class MachinePublicKey extends Key32 implements Comparable<MachinePublicKey> {

  private static final String PREFIX = "mkey:";

  /** The key of all zeros, which stands for "none". */
  public static final MachinePublicKey ZERO = new MachinePublicKey(new byte[LENGTH]);

  private MachinePublicKey(byte[] raw) {
    super(raw);
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if the text is not such a key
   */
  public static MachinePublicKey parse(String text) {
    return new MachinePublicKey(KeyText.parse(PREFIX, text));
  }

  /**
   * A key of 32 bytes, which are copied.
   *
   * @throws IllegalArgumentException if there are more or fewer bytes
   */
  public static MachinePublicKey of(byte[] raw) {
    return new MachinePublicKey(raw);
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
  public int compareTo(MachinePublicKey other) {
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
