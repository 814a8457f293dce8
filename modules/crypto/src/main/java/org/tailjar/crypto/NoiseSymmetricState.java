package org.tailjar.crypto;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The symmetric state of a Noise handshake with BLAKE2s and ChaChaPoly (Noise 5.2), for handshakes
 * in which every key seals one message: both ts2021's {@code IK} and WireGuard's {@code IKpsk2} are
 * such. A key is dropped with its first use, therefore the nonce is always zero.
 *
 * <p>Not thread-safe.
 */
public final class NoiseSymmetricState {

  private static final byte[] NONCE = new byte[ChaCha20Poly1305.NONCE_LENGTH];

  private byte[] chainingKey;
  private byte[] hash;
  private byte @Nullable [] key;

  /** Starts with a protocol name such as {@code Noise_IK_25519_ChaChaPoly_BLAKE2s}. */
  public NoiseSymmetricState(String protocolName) {
    byte[] name = protocolName.getBytes(StandardCharsets.US_ASCII);
    hash =
        name.length <= Blake2s.HASH_LENGTH
            ? Arrays.copyOf(name, Blake2s.HASH_LENGTH)
            : Blake2s.hash(name);
    chainingKey = hash.clone();
  }

  private NoiseSymmetricState(NoiseSymmetricState other) {
    chainingKey = other.chainingKey.clone();
    hash = other.hash.clone();
    key = other.key == null ? null : other.key.clone();
  }

  /** An independent copy, to try a message that may be forged. */
  public NoiseSymmetricState copy() {
    return new NoiseSymmetricState(this);
  }

  /** {@code h = HASH(h || data)}. */
  public void mixHash(byte[] data) {
    hash = Blake2s.hash(hash, data);
  }

  /** {@code ck, k = HKDF(ck, ikm, 2)}. */
  public void mixKey(byte[] ikm) {
    byte[][] keys = Hkdf.derive(chainingKey, ikm, 2);
    replaceKeys(keys[0], keys[1]);
  }

  /** {@code ck, temp, k = HKDF(ck, psk, 3)}, then {@link #mixHash} of temp. */
  public void mixKeyAndHash(byte[] psk) {
    byte[][] keys = Hkdf.derive(chainingKey, psk, 3);
    replaceKeys(keys[0], keys[2]);
    mixHash(keys[1]);
  }

  /**
   * Seals with the hash as additional data and mixes the ciphertext into the hash.
   *
   * @return ciphertext and 16-byte tag
   * @throws IllegalStateException if no key was mixed since the last message
   */
  public byte[] encryptAndHash(byte[] plaintext) {
    byte[] once = takeKey();
    byte[] ciphertext = ChaCha20Poly1305.seal(once, NONCE, plaintext, hash);
    Arrays.fill(once, (byte) 0);
    mixHash(ciphertext);
    return ciphertext;
  }

  /**
   * Opens what {@link #encryptAndHash} sealed. After a failure the state is of no use: {@link
   * #copy()} first if the handshake should survive it.
   *
   * @throws CryptoException if the ciphertext is forged
   * @throws IllegalStateException if no key was mixed since the last message
   */
  public byte[] decryptAndHash(byte[] ciphertext) {
    byte[] once = takeKey();
    try {
      byte[] plaintext = ChaCha20Poly1305.open(once, NONCE, ciphertext, hash);
      mixHash(ciphertext);
      return plaintext;
    } finally {
      Arrays.fill(once, (byte) 0);
    }
  }

  /** A copy of {@code h}, which names the session once the handshake is complete. */
  public byte[] handshakeHash() {
    return hash.clone();
  }

  /** A copy of {@code ck}. */
  public byte[] chainingKey() {
    return chainingKey.clone();
  }

  /** The two transport keys: of the initiator's messages, then of the responder's. */
  public Split split() {
    byte[][] keys = Hkdf.derive(chainingKey, new byte[0], 2);
    return new Split(keys[0], keys[1]);
  }

  /** Overwrites all secrets. */
  public void destroy() {
    Arrays.fill(chainingKey, (byte) 0);
    Arrays.fill(hash, (byte) 0);
    dropKey();
  }

  @Override
  public String toString() {
    return "NoiseSymmetricState[redacted]";
  }

  private void replaceKeys(byte[] newChainingKey, byte[] newKey) {
    Arrays.fill(chainingKey, (byte) 0);
    dropKey();
    chainingKey = newChainingKey;
    key = newKey;
  }

  private void dropKey() {
    if (key != null) {
      Arrays.fill(key, (byte) 0);
      key = null;
    }
  }

  private byte[] takeKey() {
    byte[] taken = key;
    if (taken == null) {
      throw new IllegalStateException("no key was mixed since the last message");
    }
    key = null;
    return taken;
  }

  /** The transport keys of a completed handshake, 32 bytes each. */
  public static final class Split {

    private final byte[] first;
    private final byte[] second;

    private Split(byte[] first, byte[] second) {
      this.first = first;
      this.second = second;
    }

    /** A copy of the key with which the initiator sends. */
    public byte[] first() {
      return first.clone();
    }

    /** A copy of the key with which the responder sends. */
    public byte[] second() {
      return second.clone();
    }

    /** Overwrites both keys. */
    public void destroy() {
      Arrays.fill(first, (byte) 0);
      Arrays.fill(second, (byte) 0);
    }

    @Override
    public String toString() {
      return "Split[redacted]";
    }
  }
}
