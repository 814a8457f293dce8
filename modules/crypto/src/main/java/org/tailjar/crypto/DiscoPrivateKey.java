package org.tailjar.crypto;

/**
 * A node's private key for DISCO messages; generated at every start. Its text is never part of
 * {@link #toString()}.
 */
public final class DiscoPrivateKey extends Key32 {

  private final DiscoPublicKey publicKey;

  private DiscoPrivateKey(byte[] raw) {
    super(raw);
    KeyText.requireSecret(raw);
    publicKey = DiscoPublicKey.of(X25519.publicKey(raw));
  }

  /** A new random key, clamped as RFC 7748 5 says. */
  public static DiscoPrivateKey generate() {
    return new DiscoPrivateKey(X25519.generatePrivateKey());
  }

  /**
   * Reads the text form {@code privkey:<64 hex>}.
   *
   * @throws IllegalArgumentException if the text is not a private key; the message does not have
   *     the text
   */
  public static DiscoPrivateKey parse(String text) {
    return new DiscoPrivateKey(KeyText.parse(KeyText.PRIVATE_PREFIX, text));
  }

  /**
   * A key of 32 bytes, which are copied.
   *
   * @throws IllegalArgumentException if there are more or fewer bytes, or all are zero
   */
  public static DiscoPrivateKey of(byte[] raw) {
    return new DiscoPrivateKey(raw);
  }

  /** The public half. */
  public DiscoPublicKey publicKey() {
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
