package org.tailjar.wireguard;

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
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.packet.Path;

/**
 * One end of WireGuard tunnels (WireGuard paper, revision of 2020), without sockets, threads or a
 * clock: messages and times go in, messages and a deadline come out. A stopwatch alone it has, to
 * bound the time that handshakes take under load. All of it belongs to one thread, its owner, which
 * is the first RX thread; the others look up {@link #session}s and say what they {@link #received}.
 * What any thread may call is said in {@link Peer} and {@link Session}.
 *
 * <p>Itself it owns the peers and the deadline. Messages of handshakes are for {@link Handshakes},
 * the rules of time for {@link TimerRules}, the sessions for {@link KeyPairs}, and what is not
 * worth the trouble is refused by {@link Admission}.
 *
 * <p>Times are those of {@link System#nanoTime()}.
 */
public final class WireGuard implements AutoCloseable {

  private static final long IDLE_NANOS = Duration.ofHours(1).toNanos();
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final StaticIdentity identity;
  private final NodePublicKey publicKey;
  private final Timings timings;
  private final RandomGenerator random;
  private final Admission admission;
  private final KeyPairs keyPairs;
  private final IndexTable indices;
  private final Handshakes handshakes;
  private final TimerRules rules;
  private final Map<NodePublicKey, Peer> peers = new HashMap<>();
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
    this.timings = timings;
    this.random = random;
    admission = new Admission(new CookieChecker(identity.publicKey(), timings), stopwatch);
    keyPairs = new KeyPairs(aead, timings, random);
    indices = keyPairs.indices();
    handshakes = new Handshakes(identity, wallClock, admission, keyPairs, peers::get);
    rules = new TimerRules(timings, wallClock, aead.context(), keyPairs, handshakes);
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
      rules.sendKeepalive(peer, now, out);
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
          case Message.INITIATION -> handshakes.initiation(bytes, source, now, out);
          case Message.RESPONSE -> response(bytes, source, now, out);
          default -> {
            handshakes.cookieReply(bytes, now);
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

  private @Nullable Peer response(byte[] bytes, @Nullable Path source, long now, Output out) {
    Session session = handshakes.response(bytes, source, now, out);
    if (session == null) {
      return null;
    }
    rules.initiated(session, now, out);
    return session.peer();
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
    handshakes.initiate(peer, now, out);
    schedule(peer, now);
  }

  /**
   * Says that authentic messages of a session were opened. Any RX thread.
   *
   * @param packets how many of them were packets and not keepalives
   * @param bytes the messages' length together
   * @return whether the owner is to be told, by {@link #used}
   */
  public boolean received(Session session, int packets, long bytes, long now) {
    return rules.received(session, packets, bytes, now);
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
    rules.used(session, now, out);
    schedule(peer, now);
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
    deadlineIsKnown = false; // until all have been looked at
    nextDeadline = now + IDLE_NANOS;
    // A copy, since the output may add and remove peers.
    for (Peer peer : peers.values().toArray(new Peer[0])) {
      if (!peer.isRemoved()) {
        rules.runTimers(peer, now, out);
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

  private void schedule(Peer peer, long now) {
    schedule(peer.timers().deadline(now, peer.current() != null, now + IDLE_NANOS));
  }

  private void schedule(long deadline) {
    if (deadline - nextDeadline < 0) {
      nextDeadline = deadline;
    }
  }
}
