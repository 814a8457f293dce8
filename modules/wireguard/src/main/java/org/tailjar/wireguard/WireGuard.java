package org.tailjar.wireguard;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.crypto.NoiseSymmetricState;
import org.tailjar.packet.Path;
import org.tailjar.wireguard.Message.CookieReply;
import org.tailjar.wireguard.Message.Initiation;
import org.tailjar.wireguard.Message.Response;

/**
 * One end of WireGuard tunnels (WireGuard paper, revision of 2020), without sockets, threads or a
 * clock: messages and times go in, messages and a deadline come out. A stopwatch alone it has, to
 * bound the time that handshakes take under load. All of it belongs to one thread, its owner, which
 * is the first RX thread; the others look up {@link #session}s and say what they {@link #received}.
 * What any thread may call is said in {@link Peer} and {@link Session}.
 *
 * <p>Times are those of {@link System#nanoTime()}.
 */
public final class WireGuard implements AutoCloseable {

  /** Initiations of one peer that follow each other faster are ignored. */
  static final Duration MIN_INITIATION_INTERVAL = Duration.ofMillis(20);

  private static final long IDLE_NANOS = Duration.ofHours(1).toNanos();
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final System.Logger log = System.getLogger("org.tailjar.wireguard");
  private final StaticIdentity identity;
  private final NodePublicKey publicKey;
  private final AeadContext context;
  private final Timings timings;
  private final InstantSource wallClock;
  private final RandomGenerator random;
  private final Tai64n timestamps;
  private final Admission admission;
  private final KeyPairs keyPairs;
  private final IndexTable indices;
  private final Map<NodePublicKey, Peer> peers = new HashMap<>();
  private final MemorySegment keepalive = Arena.ofAuto().allocate(Session.OVERHEAD, 16);
  private boolean deadlineIsKnown;
  private long nextDeadline;

  /**
   * An end without peers.
   *
   * @param key this end's static key
   * @param aead seals the transport messages
   * @param wallClock for the time stamps in initiations
   * @param random for indices and jitter; keys never come from it
   */
  public WireGuard(
      NodePrivateKey key,
      Aead aead,
      Timings timings,
      InstantSource wallClock,
      RandomGenerator random) {
    this(key, aead, timings, wallClock, random, System::nanoTime);
  }

  WireGuard(
      NodePrivateKey key,
      Aead aead,
      Timings timings,
      InstantSource wallClock,
      RandomGenerator random,
      LongSupplier stopwatch) {
    identity = new StaticIdentity(key);
    publicKey = key.publicKey();
    context = aead.context();
    this.timings = timings;
    this.wallClock = wallClock;
    this.random = random;
    timestamps = new Tai64n(wallClock);
    admission = new Admission(new CookieChecker(identity.publicKey(), timings), stopwatch);
    keyPairs = new KeyPairs(aead, timings, random);
    indices = keyPairs.indices();
  }

  /**
   * Has the receiver indices that are handed out from now on name one of several RX threads, the
   * same one for all sessions of a peer, see {@link #receiver}. Unless told, there is one.
   *
   * @param count 1 to 256
   */
  public void receivers(int count) {
    if (count < 1 || count > 256) {
      throw new IllegalArgumentException(count + " receivers");
    }
    indices.receivers(count);
  }

  /**
   * The number of the RX thread that a receiver index names: the first byte of the index as it lies
   * in a message, modulo the number of threads.
   */
  public static int receiver(int receiverIndex, int receivers) {
    return (receiverIndex & 0xff) % receivers;
  }

  /** This end's static public key. */
  public NodePublicKey publicKey() {
    return publicKey;
  }

  /**
   * Adds a peer.
   *
   * @param presharedKey 32 bytes, which are copied; null for none
   * @throws IllegalArgumentException when there is such a peer, or the preshared key is not one
   */
  public Peer add(NodePublicKey key, byte @Nullable [] presharedKey) {
    Peer peer = new Peer(key, timings, random);
    peer.presharedKey(presharedKey);
    if (peers.putIfAbsent(key, peer) != null) {
      throw new IllegalArgumentException("there is a peer " + key);
    }
    return peer;
  }

  /** Removes a peer and overwrites its keys. Does nothing to one that was removed. */
  public void remove(Peer peer) {
    if (peers.remove(peer.key(), peer)) {
      peer.timers().stop();
      keyPairs.zero(peer);
      admission.forget(peer);
      peer.markRemoved();
    }
  }

  /** The peer with a key; null if there is none. */
  public @Nullable Peer peer(NodePublicKey key) {
    return peers.get(key);
  }

  /** All peers; a view. */
  public Collection<Peer> peers() {
    return Collections.unmodifiableCollection(peers.values());
  }

  /**
   * Changes the preshared key of a peer, from the next handshake message on.
   *
   * @param presharedKey 32 bytes, which are copied; null for none
   */
  public void presharedKey(Peer peer, byte @Nullable [] presharedKey) {
    peer.presharedKey(presharedKey);
  }

  /**
   * Has a keepalive sent whenever nothing went either way for so long, beginning with one now.
   *
   * @param interval zero for no such keepalives
   */
  public void persistentKeepalive(Peer peer, Duration interval, long now, Output out) {
    if (interval.isNegative()) {
      throw new IllegalArgumentException("a keepalive interval of " + interval);
    }
    peer.timers().persistentKeepalive(interval, now);
    if (interval.isPositive() && !peer.isRemoved()) {
      sendKeepalive(peer, now, out);
      schedule(peer, now);
    }
  }

  /**
   * The session that a transport message is for. Any RX thread.
   *
   * @param receiverIndex the message's second word, little-endian
   * @return null when there is none
   */
  public @Nullable Session session(int receiverIndex) {
    return indices.session(receiverIndex);
  }

  /**
   * Takes a handshake message (types 1 to 3). Anything else, and whatever is forged, replayed or
   * unasked for, is ignored and changes nothing.
   *
   * @param length of the message in bytes
   * @param source the path by which it came, if there is one
   * @return the peer that the message proved to be from, which may be reached where it came from;
   *     null if it proved nothing, as a cookie reply never does
   */
  public @Nullable Peer handshake(
      MemorySegment message, int offset, int length, @Nullable Path source, long now, Output out) {
    if (length < Integer.BYTES) {
      return null;
    }
    int type = message.get(INT, offset);
    if (length != Message.lengthOf(type)) {
      return null;
    }
    if (type != Message.COOKIE_REPLY
        && admission.refuses(source, Message.presentsCookie(message, offset, length), now)) {
      return null;
    }
    byte[] bytes = message.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    Peer peer =
        switch (type) {
          case Message.INITIATION -> initiation(bytes, source, now, out);
          case Message.RESPONSE -> response(bytes, source, now, out);
          default -> {
            cookieReply(CookieReply.decode(bytes), now);
            yield null;
          }
        };
    if (peer != null && !peer.isRemoved()) {
      admission.authenticated(peer, source);
      peer.countReceived(length);
      schedule(peer, now);
    }
    return peer;
  }

  /** What became of the handshake messages that came in. Any thread. */
  public HandshakeCounters handshakeCounters() {
    return admission.counters();
  }

  /** Starts a handshake with a peer, unless one is under way or was a moment ago. */
  public void initiate(Peer peer, long now, Output out) {
    if (peer.isRemoved()) {
      return;
    }
    peer.timers().resetRetries();
    // One that is under way is tried again by its timer, with its jitter.
    if (!peer.timers().isHandshakePending()) {
      sendInitiation(peer, now, out);
      schedule(peer, now);
    }
  }

  /**
   * Says that authentic messages of a session were opened. Any RX thread.
   *
   * @param packets how many of them were packets and not keepalives
   * @param bytes the messages' length together
   * @return whether the owner is to be told, by {@link #used}
   */
  public boolean received(Session session, int packets, long bytes, long now) {
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

  private static boolean wantsLastMinuteHandshake(Peer peer, long now) {
    Session current = peer.current();
    return current != null
        && current.wantsRekeyReceiving(now)
        && peer.timers().wantsLastMinuteHandshake();
  }

  /**
   * Draws the conclusions from a session that the peer used: it is the one to send on if it was
   * not, and followed by another if it is old.
   */
  public void used(Session session, long now, Output out) {
    Peer peer = session.peer();
    if (peer.isRemoved()) {
      return;
    }
    if (keyPairs.confirmed(session)) {
      established(peer, now, out);
    }
    if (wantsLastMinuteHandshake(peer, now)) {
      peer.timers().lastMinuteHandshake();
      initiate(peer, now, out);
    }
  }

  /**
   * Runs the timers that are due.
   *
   * @return when to call this again at the latest
   */
  public long advance(long now, Output out) {
    if (deadlineIsKnown && !keyPairs.hasUntimed() && now - nextDeadline < 0) {
      return nextDeadline;
    }
    nextDeadline = now + IDLE_NANOS;
    // A copy, since the output may add and remove peers.
    for (Peer peer : peers.values().toArray(new Peer[0])) {
      if (!peer.isRemoved()) {
        runTimers(peer, now, out);
        schedule(peer, now);
      }
    }
    long retirement = keyPairs.destroyRetired(now);
    if (retirement != PeerTimers.OFF) {
      schedule(retirement);
    }
    deadlineIsKnown = true;
    return nextDeadline;
  }

  /** Removes all peers and overwrites all keys, so no thread may be sealing any more. */
  @Override
  public void close() {
    for (Peer peer : peers.values().toArray(new Peer[0])) {
      remove(peer);
    }
    keyPairs.destroyAllRetired();
    identity.destroy();
  }

  private void runTimers(Peer peer, long now, Output out) {
    PeerTimers timers = peer.timers();
    if (timers.takeZeroKeyMaterial(now)) {
      log.log(System.Logger.Level.DEBUG, "{0}: no keys for long, old ones overwritten", peer);
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
        log.log(System.Logger.Level.DEBUG, "{0}: handshake did not complete, giving up", peer);
        timers.gaveUp(now);
        out.gaveUp(peer);
      } else {
        sendInitiation(peer, now, out);
      }
    }
    if (timers.takeKeepalive(now)) {
      sendKeepalive(peer, now, out);
      timers.keepaliveSent(now);
    }
    if (timers.takeNewHandshake(now)) {
      log.log(System.Logger.Level.DEBUG, "{0}: nothing comes back, new handshake", peer);
      initiate(peer, now, out);
    }
    if (timers.takePersistentKeepalive(now)) {
      sendKeepalive(peer, now, out);
    }
  }

  private void sendInitiation(Peer peer, long now, Output out) {
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
    send(peer, message, null, out);
  }

  private @Nullable Peer initiation(byte[] bytes, @Nullable Path source, long now, Output out) {
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
    Peer peer = peers.get(handshake.remoteStatic());
    if (peer == null) {
      out.unknownInitiator(handshake.remoteStatic());
      peer = peers.get(handshake.remoteStatic());
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
    send(peer, bytes, source, out);
    return peer;
  }

  private @Nullable Peer response(byte[] bytes, @Nullable Path source, long now, Output out) {
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
    established(peer, now, out);
    if (session.sendCounter.get() == 0) {
      sendKeepalive(peer, now, out);
    }
    return peer;
  }

  private void cookieReply(CookieReply message, long now) {
    Peer peer = indices.handshake(message.receiver());
    if (peer == null) {
      Session session = indices.session(message.receiver());
      peer = session == null ? null : session.peer();
    }
    if (peer != null) {
      peer.cookies().consume(message, now);
    }
  }

  private void established(Peer peer, long now, Output out) {
    peer.timers().handshakeComplete();
    peer.lastHandshake(wallClock.instant());
    out.established(peer);
    schedule(peer, now);
  }

  private void sendKeepalive(Peer peer, long now, Output out) {
    Session session = peer.sending(now);
    long counter = session == null ? Session.EXHAUSTED : session.reserve(1);
    if (session == null || counter == Session.EXHAUSTED) {
      initiate(peer, now, out);
      return;
    }
    session.seal(context, counter, keepalive, Session.HEADER_LENGTH, 0, 0, keepalive, 0);
    peer.timers().sent(now, false);
    send(peer, keepalive.toArray(ValueLayout.JAVA_BYTE), null, out);
    if (session.wantsRekeySending(now)) {
      initiate(peer, now, out);
    }
  }

  private static void send(Peer peer, byte[] message, @Nullable Path replyTo, Output out) {
    peer.countSent(message.length);
    out.send(peer, message, replyTo);
  }

  private void schedule(Peer peer, long now) {
    schedule(peer.timers().deadline(now, peer.current() != null, now + IDLE_NANOS));
  }

  private void schedule(long deadline) {
    if (deadline - nextDeadline < 0) {
      nextDeadline = deadline;
    }
  }
}
