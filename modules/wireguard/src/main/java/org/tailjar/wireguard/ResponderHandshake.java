package org.tailjar.wireguard;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.CryptoException;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.crypto.NoiseSymmetricState;
import org.tailjar.crypto.X25519;
import org.tailjar.wireguard.Message.Initiation;
import org.tailjar.wireguard.Message.Response;

/**
 * The responder's side of a handshake (WireGuard paper 5.4.2 and 5.4.3), in the steps in which it
 * learns of the initiator: its key, then that it holds that key, then the session.
 */
final class ResponderHandshake {

  private static final byte[] NOTHING = {};

  private final Initiation initiation;
  private final NoiseSymmetricState state;
  private final NodePublicKey remoteStatic;

  private ResponderHandshake(
      Initiation initiation, NoiseSymmetricState state, NodePublicKey remoteStatic) {
    this.initiation = initiation;
    this.state = state;
    this.remoteStatic = remoteStatic;
  }

  /** Reads who the initiator claims to be; null when the message was not made for our key. */
  static @Nullable ResponderHandshake consume(StaticIdentity local, Initiation initiation) {
    NoiseSymmetricState state = StaticIdentity.handshakeWith(local.publicKey());
    try {
      state.mixHash(initiation.ephemeral());
      state.mixKey(initiation.ephemeral());
      InitiatorHandshake.mixSecret(state, local.sharedSecret(initiation.ephemeral()));
      byte[] remoteStatic = state.decryptAndHash(initiation.encryptedStatic());
      return new ResponderHandshake(initiation, state, NodePublicKey.of(remoteStatic));
    } catch (CryptoException _) {
      state.destroy();
      return null;
    }
  }

  /** Who the initiator claims to be. */
  NodePublicKey remoteStatic() {
    return remoteStatic;
  }

  /**
   * Checks that the initiator holds its key.
   *
   * @param staticStatic shared secret of both static keys
   * @return its time stamp, to be compared with the last one; null when it does not hold the key
   */
  byte @Nullable [] authenticate(byte[] staticStatic) {
    state.mixKey(staticStatic);
    try {
      return state.decryptAndHash(initiation.encryptedTimestamp());
    } catch (CryptoException _) {
      return null;
    }
  }

  /**
   * Makes the response.
   *
   * @param index what the initiator is to name as receiver
   * @param presharedKey 32 bytes, zero for none
   * @throws CryptoException when a key of the initiator is of low order
   */
  Response respond(int index, byte[] presharedKey) {
    byte[] ephemeral = X25519.generatePrivateKey();
    byte[] ephemeralPublic = X25519.publicKey(ephemeral);
    state.mixHash(ephemeralPublic);
    state.mixKey(ephemeralPublic);
    InitiatorHandshake.mixSecret(state, X25519.sharedSecret(ephemeral, initiation.ephemeral()));
    InitiatorHandshake.mixSecret(state, X25519.sharedSecret(ephemeral, remoteStatic.bytes()));
    Arrays.fill(ephemeral, (byte) 0);
    state.mixKeyAndHash(presharedKey);
    byte[] encryptedNothing = state.encryptAndHash(NOTHING);
    return new Response(index, initiation.sender(), ephemeralPublic, encryptedNothing);
  }

  /** The keys of the session, once the response is made. */
  NoiseSymmetricState.Split split() {
    return state.split();
  }

  void destroy() {
    state.destroy();
  }
}
