package org.tailjar.wireguard;

import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.packet.Path;

/** What {@link WireGuard} wants done; called on the first RX thread, within its methods. */
public interface Output {

  /**
   * Sends a handshake message or a keepalive to a peer.
   *
   * @param replyTo the path by which that came to which this is the answer, of use when the peer
   *     has no path of its own; null when this answers nothing
   */
  void send(Peer peer, byte[] message, @Nullable Path replyTo);

  /**
   * Sends a cookie reply back by a path. It goes to whoever sent the message, a peer or not, and
   * says nothing about where a peer is.
   */
  void reply(Path path, byte[] message);

  /**
   * The peer has a session to send on from now: packets that wait for it can go. If none is sealed
   * before this returns, and the session needs one to be confirmed, a keepalive is sent.
   */
  void established(Peer peer);

  /** No handshake came about for the whole of Rekey-Attempt-Time: packets that wait are lost. */
  default void gaveUp(Peer peer) {}

  /** All keys shared with the peer were overwritten, since it was silent for so long. */
  default void zeroed(Peer peer) {}

  /**
   * Somebody who is no peer sent an initiation, and claims to have this key (it proves that only
   * after this returns). It is ignored unless this adds the peer.
   */
  default void unknownInitiator(NodePublicKey key) {}
}
