package org.tailjar.wireguard;

import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.CryptoException;
import org.tailjar.crypto.NodePublicKey;

/**
 * The other end of a tunnel. Public methods may be called by any thread; the rest belongs to the
 * owner of {@link WireGuard}, but for what is volatile, which the other RX threads read.
 */
public final class Peer {

  static final int PRESHARED_KEY_LENGTH = 32;

  private final NodePublicKey key;
  private final PeerTimers timers;
  private final CookieGenerator cookies;
  private final AtomicLong bytesSent = new AtomicLong();
  private final AtomicLong bytesReceived = new AtomicLong();
  private volatile @Nullable Instant lastHandshake;
  private volatile @Nullable Object attachment;

  // Key pairs as in the paper 6.3: one to send on, the one before it, for messages still under way,
  // and one that the initiator has yet to confirm by using it.
  private volatile @Nullable Session current;
  private @Nullable Session previous;
  private volatile @Nullable Session next;

  private @Nullable InitiatorHandshake handshake;
  private byte @Nullable [] staticStatic;
  private boolean keyIsOfLowOrder;
  private byte[] presharedKey = new byte[PRESHARED_KEY_LENGTH];
  private byte[] lastTimestamp = new byte[Tai64n.LENGTH];
  private long lastInitiation = PeerTimers.OFF;
  private volatile boolean removed;
  private int receiver = -1;

  Peer(NodePublicKey key, Timings timings, RandomGenerator random) {
    this.key = key;
    timers = new PeerTimers(timings, random);
    cookies = new CookieGenerator(key, timings);
  }

  /** The peer's static public key. */
  public NodePublicKey key() {
    return key;
  }

  /**
   * The session to send on.
   *
   * @param now {@link System#nanoTime()}
   * @return null when there is none, or it has expired or used up its counters
   */
  public @Nullable Session sending(long now) {
    Session session = current;
    return session != null && session.canSend(now) ? session : null;
  }

  /**
   * Tells that messages went out on a session of this peer.
   *
   * @param now {@link System#nanoTime()}
   * @param dataPackets how many of them were packets and not keepalives
   * @param bytes the messages' length, for the statistics
   */
  public void sent(long now, int dataPackets, long bytes) {
    timers.sent(now, dataPackets > 0);
    bytesSent.getAndAdd(bytes);
  }

  /**
   * Whether one who has something to send should have the first RX thread call {@link
   * WireGuard#initiate}: there is no session to send on, or it is time for a new one. Says so once
   * in Rekey-Timeout, so that not each packet asks.
   *
   * @param now {@link System#nanoTime()}
   */
  public boolean wantsHandshake(long now) {
    Session session = current;
    return (session == null || !session.canSend(now) || session.wantsRekeySending(now))
        && timers.mayAsk(now);
  }

  /** Bytes of WireGuard messages sent to the peer. */
  public long bytesSent() {
    return bytesSent.get();
  }

  /** Bytes of authentic WireGuard messages received from the peer. */
  public long bytesReceived() {
    return bytesReceived.get();
  }

  /** When keys were exchanged last; null if never. */
  public @Nullable Instant lastHandshake() {
    return lastHandshake;
  }

  /** The object that the user of this module keeps with the peer. */
  public @Nullable Object attachment() {
    return attachment;
  }

  /** Keeps an object with the peer. */
  public void attach(@Nullable Object object) {
    attachment = object;
  }

  @Override
  public String toString() {
    return "Peer[" + key + "]";
  }

  // Of the owner from here on, but where it says otherwise.

  PeerTimers timers() {
    return timers;
  }

  CookieGenerator cookies() {
    return cookies;
  }

  byte[] presharedKey() {
    return presharedKey;
  }

  void presharedKey(byte @Nullable [] newKey) {
    if (newKey != null && newKey.length != PRESHARED_KEY_LENGTH) {
      throw new IllegalArgumentException("a preshared key of " + newKey.length + " bytes");
    }
    Arrays.fill(presharedKey, (byte) 0);
    presharedKey = newKey == null ? new byte[PRESHARED_KEY_LENGTH] : newKey.clone();
  }

  /** Shared secret of both static keys; null when the peer's is of low order. */
  byte @Nullable [] staticStatic(StaticIdentity local) {
    if (staticStatic == null && !keyIsOfLowOrder) {
      try {
        staticStatic = local.sharedSecret(key.bytes());
      } catch (CryptoException _) {
        keyIsOfLowOrder = true;
      }
    }
    return staticStatic;
  }

  /** Whether an initiation is newer than all before and not too soon after the last. */
  boolean acceptsInitiation(byte[] timestamp, long now, long minimumInterval) {
    return Arrays.compareUnsigned(timestamp, lastTimestamp) > 0
        && (lastInitiation == PeerTimers.OFF || now - lastInitiation > minimumInterval);
  }

  void initiationAccepted(byte[] timestamp, long now) {
    lastTimestamp = timestamp;
    lastInitiation = now;
  }

  @Nullable InitiatorHandshake handshake() {
    return handshake;
  }

  void handshake(@Nullable InitiatorHandshake newHandshake) {
    if (handshake != null) {
      handshake.destroy();
    }
    handshake = newHandshake;
  }

  @Nullable Session current() {
    return current;
  }

  void current(@Nullable Session session) {
    current = session;
  }

  @Nullable Session previous() {
    return previous;
  }

  void previous(@Nullable Session session) {
    previous = session;
  }

  @Nullable Session next() {
    return next;
  }

  void next(@Nullable Session session) {
    next = session;
  }

  void countSent(int bytes) {
    bytesSent.getAndAdd(bytes);
  }

  /** Any RX thread. */
  void countReceived(long bytes) {
    bytesReceived.getAndAdd(bytes);
  }

  /** The RX thread that the indices given to this peer name; negative before the first. */
  int receiver() {
    return receiver;
  }

  void receiver(int number) {
    receiver = number;
  }

  void lastHandshake(Instant time) {
    lastHandshake = time;
  }

  boolean isRemoved() {
    return removed;
  }

  void markRemoved() {
    removed = true;
    Arrays.fill(presharedKey, (byte) 0);
    if (staticStatic != null) {
      Arrays.fill(staticStatic, (byte) 0);
      staticStatic = null;
    }
  }
}
