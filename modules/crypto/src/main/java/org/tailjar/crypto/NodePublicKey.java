package org.tailjar.crypto;

/**
 * A node's public key: its WireGuard identity and its address at DERP servers. Text form {@code
 * nodekey:<64 hex>}.
 */
public final class NodePublicKey extends Key32 implements Comparable<NodePublicKey> {

  private static final String PREFIX = "nodekey:";

  /** The key of all zeros, which stands for "none". */
  public static final NodePublicKey ZERO = new NodePublicKey(new byte[LENGTH]);

  private NodePublicKey(byte[] raw) {
    super(raw);
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if the text is not such a key
   */
  public static NodePublicKey parse(String text) {
    return new NodePublicKey(KeyText.parse(PREFIX, text));
  }

  /**
   * A key of 32 bytes, which are copied.
   *
   * @throws IllegalArgumentException if there are more or fewer bytes
   */
  public static NodePublicKey of(byte[] raw) {
    return new NodePublicKey(raw);
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
  public int compareTo(NodePublicKey other) {
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
