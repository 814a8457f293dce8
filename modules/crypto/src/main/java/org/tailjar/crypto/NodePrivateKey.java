package org.tailjar.crypto;

/**
 * A node's private key: its WireGuard static key. Its text is never part of {@link #toString()}.
 */
public final class NodePrivateKey extends Key32 {

  private final NodePublicKey publicKey;

  private NodePrivateKey(byte[] raw) {
    super(raw);
    KeyText.requireSecret(raw);
    publicKey = NodePublicKey.of(X25519.publicKey(raw));
  }

  /** A new random key, clamped as RFC 7748 5 says. */
  public static NodePrivateKey generate() {
    return new NodePrivateKey(X25519.generatePrivateKey());
  }

  /**
   * Reads the text form {@code privkey:<64 hex>}.
   *
   * @throws IllegalArgumentException if the text is not a private key; the message does not have
   *     the text
   */
  public static NodePrivateKey parse(String text) {
    return new NodePrivateKey(KeyText.parse(KeyText.PRIVATE_PREFIX, text));
  }

  /**
   * A key of 32 bytes, which are copied.
   *
   * @throws IllegalArgumentException if there are more or fewer bytes, or all are zero
   */
  public static NodePrivateKey of(byte[] raw) {
    return new NodePrivateKey(raw);
  }

  /** The public half. */
  public NodePublicKey publicKey() {
    return publicKey;
  }

  /** The secret in its text form, for the state file alone. */
  public String secretText() {
    return KeyText.format(KeyText.PRIVATE_PREFIX, raw());
  }

  @Override
  public int hashCode() {
    return publicKey.hashCode();
  }

  @Override
  public String toString() {
    return "privkey:[redacted]";
  }
}
