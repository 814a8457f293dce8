package org.tailjar.wireguard;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NoiseSymmetricState;
import org.tailjar.crypto.X25519;

/** This side's static key pair and what follows from it alone. */
final class StaticIdentity {

  private static final String CONSTRUCTION = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
  private static final byte[] IDENTIFIER =
      "WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(StandardCharsets.US_ASCII);

  private final byte[] privateKey;
  private final byte[] publicKey;

  StaticIdentity(NodePrivateKey key) {
    privateKey = key.bytes();
    publicKey = key.publicKey().bytes();
  }

  /** The state from which a handshake with this responder starts, on either side. */
  static NoiseSymmetricState handshakeWith(byte[] responderStatic) {
    NoiseSymmetricState state = new NoiseSymmetricState(CONSTRUCTION);
    state.mixHash(IDENTIFIER);
    state.mixHash(responderStatic);
    return state;
  }

  byte[] publicKey() {
    return publicKey;
  }

  /**
   * {@code DH(static private, other)}.
   *
   * @throws org.tailjar.crypto.CryptoException when the other key is of low order
   */
  byte[] sharedSecret(byte[] other) {
    return X25519.sharedSecret(privateKey, other);
  }

  void destroy() {
    Arrays.fill(privateKey, (byte) 0);
  }
}
