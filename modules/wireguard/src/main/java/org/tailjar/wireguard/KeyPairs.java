package org.tailjar.wireguard;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.NoiseSymmetricState;

/**
 * The life of sessions: made of a handshake, used as next, current and previous key pair of their
 * peer (WireGuard paper 6.3), found by index, and overwritten. Belongs to the first RX thread.
 */
final class KeyPairs {

  /** How long a session that is out of use keeps its send key. */
  static final Duration RETIREMENT = Duration.ofSeconds(10);

  private final Aead aead;
  private final Timings timings;
  private final IndexTable indices;

  // Another thread may be sealing with a session that goes out of use, so its send key stays for a
  // while. Those in "retiring" were out of use already when their time began.
  private final List<Session> retired = new ArrayList<>();
  private final List<Session> retiring = new ArrayList<>();
  private long retiringUntil;

  KeyPairs(Aead aead, Timings timings, RandomGenerator random) {
    this.aead = aead;
    this.timings = timings;
    indices = new IndexTable(random);
  }

  IndexTable indices() {
    return indices;
  }

  /** Takes the keys of a handshake in which we were the initiator: the session may be used. */
  Session initiated(
      Peer peer, int localIndex, int remoteIndex, NoiseSymmetricState.Split split, long now) {
    Session session = derive(peer, true, localIndex, remoteIndex, split, now);
    // A session that the peer initiated meanwhile stays next: the peer may be about to use it.
    retire(peer.previous());
    peer.previous(peer.current());
    peer.current(session);
    return session;
  }

  /**
   * Takes the keys of a handshake in which we were the responder: the session is not to be sent on
   * before the initiator has used it.
   */
  void responded(
      Peer peer, int localIndex, int remoteIndex, NoiseSymmetricState.Split split, long now) {
    Session session = derive(peer, false, localIndex, remoteIndex, split, now);
    retire(peer.next());
    retire(peer.previous());
    peer.previous(null);
    peer.next(session);
  }

  /** Says that the peer used a session; returns whether that confirmed it. */
  boolean confirmed(Session session) {
    Peer peer = session.peer();
    if (session != peer.next()) {
      return false;
    }
    retire(peer.previous());
    peer.previous(peer.current());
    peer.current(session);
    peer.next(null);
    return true;
  }

  /** Ends the sessions of a peer, and the handshake that is under way. */
  void zero(Peer peer) {
    InitiatorHandshake handshake = peer.handshake();
    if (handshake != null) {
      indices.remove(handshake.index());
      peer.handshake(null);
    }
    zeroSessions(peer);
  }

  /** Ends the sessions of a peer; a handshake that is under way goes on. */
  void zeroSessions(Peer peer) {
    Session current = peer.current();
    peer.current(null);
    retire(current);
    retire(peer.previous());
    retire(peer.next());
    peer.previous(null);
    peer.next(null);
  }

  private Session derive(
      Peer peer,
      boolean initiator,
      int localIndex,
      int remoteIndex,
      NoiseSymmetricState.Split split,
      long now) {
    byte[] first = split.first();
    byte[] second = split.second();
    Session session =
        new Session(
            peer,
            initiator,
            localIndex,
            remoteIndex,
            aead.key(initiator ? first : second),
            aead.key(initiator ? second : first),
            now,
            timings);
    Arrays.fill(first, (byte) 0);
    Arrays.fill(second, (byte) 0);
    split.destroy();
    indices.put(localIndex, session);
    return session;
  }

  private void retire(@Nullable Session session) {
    if (session != null) {
      indices.remove(session.localIndex());
      session.close();
      retired.add(session);
    }
  }

  /** Whether sessions went out of use for which {@link #destroyRetired} has to set a time. */
  boolean hasUntimed() {
    return retiring.isEmpty() && !retired.isEmpty();
  }

  /**
   * Overwrites the send keys of sessions that are out of use for long enough.
   *
   * @return when to call this again, {@link PeerTimers#OFF} if there is no need
   */
  long destroyRetired(long now) {
    if (!retiring.isEmpty() && now - retiringUntil >= 0) {
      retiring.forEach(Session::destroySendKey);
      retiring.clear();
    }
    if (hasUntimed()) {
      retiring.addAll(retired);
      retired.clear();
      retiringUntil = now + RETIREMENT.toNanos();
    }
    return retiring.isEmpty() ? PeerTimers.OFF : retiringUntil;
  }

  /** Overwrites them at once: no thread is sealing any more. */
  void destroyAllRetired() {
    retiring.forEach(Session::destroySendKey);
    retiring.clear();
    retired.forEach(Session::destroySendKey);
    retired.clear();
  }
}
