package org.tailjar.wireguard;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.CryptoException;
import org.tailjar.crypto.NoiseSymmetricState;
import org.tailjar.crypto.X25519;
import org.tailjar.wireguard.Message.Initiation;
import org.tailjar.wireguard.Message.Response;

/**
 * The initiator's side of a handshake between its initiation and the response (WireGuard paper
 * 5.4.2 and 5.4.3). A forged response leaves it as it was: the real one may still be on its way.
 */
final class InitiatorHandshake {

  private final StaticIdentity local;
  private final int index;
  private final byte[] ephemeral;
  private final NoiseSymmetricState state;
  private final Initiation initiation;

  /**
   * Makes the initiation.
   *
   * @param staticStatic shared secret of both static keys
   * @param index what the response is to name as its receiver
   * @throws CryptoException when the peer's key is of low order
   */
  InitiatorHandshake(
      StaticIdentity local, byte[] remoteStatic, byte[] staticStatic, byte[] timestamp, int index) {
    this.local = local;
    this.index = index;
    ephemeral = X25519.generatePrivateKey();
    state = StaticIdentity.handshakeWith(remoteStatic);
    byte[] ephemeralPublic = X25519.publicKey(ephemeral);
    state.mixKey(ephemeralPublic);
    state.mixHash(ephemeralPublic);
    mixSecret(state, X25519.sharedSecret(ephemeral, remoteStatic));
    byte[] encryptedStatic = state.encryptAndHash(local.publicKey());
    state.mixKey(staticStatic);
    byte[] encryptedTimestamp = state.encryptAndHash(timestamp);
    initiation = new Initiation(index, ephemeralPublic, encryptedStatic, encryptedTimestamp);
  }

  Initiation initiation() {
    return initiation;
  }

  int index() {
    return index;
  }

  /**
   * Takes the response.
   *
   * @param presharedKey 32 bytes, zero for none
   * @return the keys of the session; null when the response is forged
   */
  NoiseSymmetricState.@Nullable Split consume(Response response, byte[] presharedKey) {
    NoiseSymmetricState attempt = state.copy();
    try {
      attempt.mixHash(response.ephemeral());
      attempt.mixKey(response.ephemeral());
      mixSecret(attempt, X25519.sharedSecret(ephemeral, response.ephemeral()));
      mixSecret(attempt, local.sharedSecret(response.ephemeral()));
      attempt.mixKeyAndHash(presharedKey);
      attempt.decryptAndHash(response.encryptedNothing());
      return attempt.split();
    } catch (CryptoException _) {
      return null;
    } finally {
      attempt.destroy();
    }
  }

  void destroy() {
    Arrays.fill(ephemeral, (byte) 0);
    state.destroy();
  }

  static void mixSecret(NoiseSymmetricState state, byte[] secret) {
    state.mixKey(secret);
    Arrays.fill(secret, (byte) 0);
  }
}
