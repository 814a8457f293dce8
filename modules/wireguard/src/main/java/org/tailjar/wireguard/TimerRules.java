package org.tailjar.wireguard;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.InstantSource;
import org.tailjar.crypto.AeadContext;

/**
 * The rules by which a tunnel is kept going without anybody asking for it (WireGuard paper 6): what
 * follows when a session comes about or is used, and when one of a peer's timers is due. What the
 * timers count from is in {@link PeerTimers}. Belongs to the first RX thread, but for {@link
 * #received}.
 */
final class TimerRules {

  private static final Logger LOG = System.getLogger("org.tailjar.wireguard");

  private final Timings timings;
  private final InstantSource wallClock;
  private final AeadContext context;
  private final KeyPairs keyPairs;
  private final Handshakes handshakes;

  /** Each keepalive is sealed here. */
  private final MemorySegment keepalive = Arena.ofAuto().allocate(Session.OVERHEAD, 16);

  /**
   * Rules with these times.
   *
   * @param wallClock says when keys were exchanged
   * @param context seals keepalives
   */
  TimerRules(
      Timings timings,
      InstantSource wallClock,
      AeadContext context,
      KeyPairs keyPairs,
      Handshakes handshakes) {
    this.timings = timings;
    this.wallClock = wallClock;
    this.context = context;
    this.keyPairs = keyPairs;
    this.handshakes = handshakes;
  }

  /** See {@link WireGuard#received}; any RX thread. */
  boolean received(Session session, int packets, long bytes, long now) {
    Peer peer = session.peer();
    if (peer.isRemoved()) {
      return false;
    }
    peer.countReceived(bytes);
    peer.timers().received(now);
    if (packets > 0) {
      peer.timers().dataReceived(now, packets);
    }
    return session == peer.next() || wantsLastMinuteHandshake(peer, now);
  }

  /** See {@link WireGuard#used}. */
  void used(Session session, long now, Output out) {
    Peer peer = session.peer();
    if (keyPairs.confirmed(session)) {
      established(peer, out);
    }
    if (wantsLastMinuteHandshake(peer, now)) {
      peer.timers().lastMinuteHandshake();
      handshakes.initiate(peer, now, out);
    }
  }

  private static boolean wantsLastMinuteHandshake(Peer peer, long now) {
    Session current = peer.current();
    return current != null
        && current.wantsRekeyReceiving(now)
        && peer.timers().wantsLastMinuteHandshake();
  }

  /** A handshake that this end began has led to a session, which a first message confirms. */
  void initiated(Session session, long now, Output out) {
    Peer peer = session.peer();
    established(peer, out);
    if (session.nextCounter() == 0) {
      sendKeepalive(peer, now, out);
    }
  }

  private void established(Peer peer, Output out) {
    peer.timers().handshakeComplete();
    peer.lastHandshake(wallClock.instant());
    out.established(peer);
  }

  /** Sends a keepalive, or starts a handshake if there is no session for it. */
  void sendKeepalive(Peer peer, long now, Output out) {
    Session session = peer.sending(now);
    long counter = session == null ? Session.EXHAUSTED : session.reserve(1);
    if (session == null || counter == Session.EXHAUSTED) {
      handshakes.initiate(peer, now, out);
      return;
    }
    session.seal(context, counter, keepalive, Session.HEADER_LENGTH, 0, 0, keepalive, 0);
    peer.timers().sent(now, false);
    byte[] message = keepalive.toArray(ValueLayout.JAVA_BYTE);
    peer.countSent(message.length);
    out.send(peer, message, null);
    if (session.wantsRekeySending(now)) {
      handshakes.initiate(peer, now, out);
    }
  }

  /** Does what is due for a peer, which may be removed by what it does. */
  void runTimers(Peer peer, long now, Output out) {
    PeerTimers timers = peer.timers();
    if (timers.takeZeroKeyMaterial(now)) {
      LOG.log(Level.DEBUG, "{0}: no keys for long, old ones overwritten", peer);
      if (timers.isHandshakePending()) {
        keyPairs.zeroSessions(peer); // packets wait for the handshake, which is no older than that
      } else {
        timers.stop();
        keyPairs.zero(peer);
      }
      out.zeroed(peer);
      if (peer.isRemoved()) {
        return;
      }
    }
    if (timers.takeRetransmitHandshake(now)) {
      if (timers.countRetry() >= timings.maxHandshakeRetries()) {
        LOG.log(Level.DEBUG, "{0}: handshake did not complete, giving up", peer);
        timers.gaveUp(now);
        out.gaveUp(peer);
      } else {
        handshakes.sendInitiation(peer, now, out);
      }
    }
    if (timers.takeKeepalive(now)) {
      sendKeepalive(peer, now, out);
      timers.keepaliveSent(now);
    }
    if (timers.takeNewHandshake(now)) {
      LOG.log(Level.DEBUG, "{0}: nothing comes back, new handshake", peer);
      handshakes.initiate(peer, now, out);
    }
    if (timers.takePersistentKeepalive(now)) {
      sendKeepalive(peer, now, out);
    }
  }
}
