package org.tailjar.crypto;

/**
 * A machine's private key, which outlives logins: the node's identity towards the control server.
 * Its text is never part of {@link #toString()}.
 */
public final class MachinePrivateKey extends Key32 {

  private final MachinePublicKey publicKey;

  private MachinePrivateKey(byte[] raw) {
    super(raw);
    KeyText.requireSecret(raw);
    publicKey = MachinePublicKey.of(X25519.publicKey(raw));
  }

  /** A new random key, clamped as RFC 7748 5 says. */
  public static MachinePrivateKey generate() {
    return new MachinePrivateKey(X25519.generatePrivateKey());
  }

  /**
   * Reads the text form {@code privkey:<64 hex>}.
   *
   * @throws IllegalArgumentException if the text is not a private key; the message does not have
   *     the text
   */
  public static MachinePrivateKey parse(String text) {
    return new MachinePrivateKey(KeyText.parse(KeyText.PRIVATE_PREFIX, text));
  }

  /**
   * A key of 32 bytes, which are copied.
   *
   * @throws IllegalArgumentException if there are more or fewer bytes, or all are zero
   */
  public static MachinePrivateKey of(byte[] raw) {
    return new MachinePrivateKey(raw);
  }

  /** The public half. */
  public MachinePublicKey publicKey() {
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
