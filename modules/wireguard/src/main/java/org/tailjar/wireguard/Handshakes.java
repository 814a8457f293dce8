package org.tailjar.wireguard;

import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.crypto.NoiseSymmetricState;
import org.tailjar.packet.Path;
import org.tailjar.wireguard.Message.CookieReply;
import org.tailjar.wireguard.Message.Initiation;
import org.tailjar.wireguard.Message.Response;

/**
 * The handshakes of one end in both roles (WireGuard paper 5.4.2 to 5.4.7): sends initiations,
 * takes what comes of types 1 to 3, and has {@link KeyPairs} make sessions of the keys. What
 * follows from a session is for {@link TimerRules}. Owns the time stamps of this end, and in each
 * {@link Peer} the handshake under way, its cookies and the last time stamp. Belongs to the first
 * RX thread.
 */
final class Handshakes {

  /** Initiations of one peer that follow each other faster are ignored. */
  static final Duration MIN_INITIATION_INTERVAL = Duration.ofMillis(20);

  private final StaticIdentity identity;
  private final Tai64n timestamps;
  private final Admission admission;
  private final KeyPairs keyPairs;
  private final IndexTable indices;
  private final Function<NodePublicKey, @Nullable Peer> peers;

  /**
   * Handshakes with some peers.
   *
   * @param peers finds a peer by its key; null if there is none
   */
  Handshakes(
      StaticIdentity identity,
      InstantSource wallClock,
      Admission admission,
      KeyPairs keyPairs,
      Function<NodePublicKey, @Nullable Peer> peers) {
    this.identity = identity;
    timestamps = new Tai64n(wallClock);
    this.admission = admission;
    this.keyPairs = keyPairs;
    indices = keyPairs.indices();
    this.peers = peers;
  }

  /** Starts a handshake with a peer, unless one is under way or was a moment ago. */
  void initiate(Peer peer, long now, Output out) {
    if (peer.isRemoved()) {
      return;
    }
    peer.timers().resetRetries();
    // One that is under way is tried again by its timer, with its jitter.
    if (!peer.timers().isHandshakePending()) {
      sendInitiation(peer, now, out);
    }
  }

  /** Sends an initiation, which takes the place of one that is unanswered, or does so soon. */
  void sendInitiation(Peer peer, long now, Output out) {
    PeerTimers timers = peer.timers();
    if (timers.handshakeTooSoon(now)) {
      timers.initiateLater();
      return;
    }
    byte[] staticStatic = peer.staticStatic(identity);
    if (staticStatic == null) {
      return;
    }
    InitiatorHandshake before = peer.handshake();
    if (before != null) {
      indices.remove(before.index());
    }
    InitiatorHandshake handshake =
        new InitiatorHandshake(
            identity, peer.key().bytes(), staticStatic, timestamps.next(), indices.allocate(peer));
    peer.handshake(handshake);
    byte[] message = handshake.initiation().encode();
    peer.cookies().addMacs(message, now);
    timers.initiationSent(now);
    peer.countSent(message.length);
    out.send(peer, message, null);
  }

  /**
   * Takes an initiation, and answers it.
   *
   * @return who sent it; null when it is ignored
   */
  @Nullable Peer initiation(byte[] bytes, @Nullable Path source, long now, Output out) {
    Initiation message = Initiation.decode(bytes);
    if (!admission.admits(bytes, message.sender(), source, now, out)) {
      return null;
    }
    ResponderHandshake handshake = ResponderHandshake.consume(identity, message);
    try {
      return handshake == null ? null : respond(handshake, message, source, now, out);
    } finally {
      if (handshake != null) {
        handshake.destroy();
      }
      admission.worked(source, now);
    }
  }

  private @Nullable Peer respond(
      ResponderHandshake handshake,
      Initiation message,
      @Nullable Path source,
      long now,
      Output out) {
    Peer peer = peers.apply(handshake.remoteStatic());
    if (peer == null) {
      out.unknownInitiator(handshake.remoteStatic());
      peer = peers.apply(handshake.remoteStatic());
    }
    byte[] staticStatic = peer == null ? null : peer.staticStatic(identity);
    byte[] timestamp = staticStatic == null ? null : handshake.authenticate(staticStatic);
    if (peer == null
        || timestamp == null
        || !peer.acceptsInitiation(timestamp, now, MIN_INITIATION_INTERVAL.toNanos())) {
      return null;
    }
    peer.initiationAccepted(timestamp, now);
    peer.timers().received(now);
    int index = indices.allocate(peer);
    Response response = handshake.respond(index, peer.presharedKey());
    byte[] bytes = response.encode();
    peer.cookies().addMacs(bytes, now);
    keyPairs.responded(peer, index, message.sender(), handshake.split(), now);
    peer.timers().sessionDerived(now);
    peer.timers().responseSent(now);
    peer.countSent(bytes.length);
    out.send(peer, bytes, source);
    return peer;
  }

  /**
   * Takes a response.
   *
   * @return the session that may be sent on from now; null when the response is ignored
   */
  @Nullable Session response(byte[] bytes, @Nullable Path source, long now, Output out) {
    Response message = Response.decode(bytes);
    Peer peer = indices.handshake(message.receiver());
    InitiatorHandshake handshake = peer == null ? null : peer.handshake();
    if (peer == null
        || handshake == null
        || handshake.index() != message.receiver()
        || !admission.admits(bytes, message.sender(), source, now, out)) {
      return null;
    }
    NoiseSymmetricState.Split split = handshake.consume(message, peer.presharedKey());
    admission.worked(source, now);
    if (split == null) {
      return null;
    }
    peer.handshake(null);
    peer.timers().received(now);
    Session session = keyPairs.initiated(peer, message.receiver(), message.sender(), split, now);
    peer.timers().sessionDerived(now);
    return session;
  }

  /** Takes a cookie for the next message to its sender. */
  void cookieReply(byte[] bytes, long now) {
    CookieReply message = CookieReply.decode(bytes);
    Peer peer = indices.handshake(message.receiver());
    if (peer == null) {
      Session session = indices.session(message.receiver());
      peer = session == null ? null : session.peer();
    }
    if (peer != null) {
      peer.cookies().consume(message, now);
    }
  }
}
