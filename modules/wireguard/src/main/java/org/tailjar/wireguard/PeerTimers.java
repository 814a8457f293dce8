package org.tailjar.wireguard;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The timers of one peer (WireGuard paper 6), as the times at which what they count from happened.
 * What sending and receiving touch is volatile, since any thread sends and any RX thread receives;
 * the rest belongs to the owner of {@link WireGuard}.
 */
final class PeerTimers {

  /** A timer that is not running. {@link System#nanoTime()} never comes to it. */
  static final long OFF = Long.MIN_VALUE;

  private final RandomGenerator random;
  private final long keepaliveNanos;
  private final long newHandshakeNanos;
  private final long rekeyTimeoutNanos;
  private final long jitterNanos;
  private final long zeroKeysNanos;

  /** When data was sent first since anything came in. */
  private volatile long unansweredSend = OFF;

  /** When data came in first since anything was sent. */
  private volatile long unansweredReceive = OFF;

  /** When anything was sent last. */
  private volatile long lastSent = OFF;

  /** When an initiation or a response was sent last. */
  private volatile long lastSentHandshake = OFF;

  /** When a sender asked for a handshake last. */
  private volatile long asked = OFF;

  /** When anything came in last. */
  private volatile long lastReceived = OFF;

  /** Whether more data came in since {@link #unansweredReceive}. */
  private volatile boolean needAnotherKeepalive;

  private volatile boolean sentLastMinuteHandshake;
  private long retransmitHandshake = OFF;
  private long zeroKeyMaterial = OFF;
  private int handshakeRetries;
  private long newHandshakeJitter;
  private long persistentNanos;
  private long persistentSet = OFF;

  PeerTimers(Timings timings, RandomGenerator random) {
    this.random = random;
    keepaliveNanos = timings.keepaliveTimeout().toNanos();
    newHandshakeNanos = timings.newHandshakeAfter().toNanos();
    rekeyTimeoutNanos = timings.rekeyTimeout().toNanos();
    jitterNanos = timings.rekeyTimeoutJitter().toNanos();
    zeroKeysNanos = timings.zeroKeysAfter().toNanos();
    newHandshakeJitter = jitter();
  }

  private long jitter() {
    return jitterNanos == 0 ? 0 : random.nextLong(jitterNanos);
  }

  // Any thread.

  /** An authenticated message was sent. */
  void sent(long now, boolean data) {
    lastSent = now;
    if (unansweredReceive != OFF) {
      unansweredReceive = OFF;
    }
    if (data && unansweredSend == OFF) {
      unansweredSend = now;
    }
  }

  /** Whether a sender who needs a handshake is to ask for it: once in Rekey-Timeout. */
  boolean mayAsk(long now) {
    long last = asked;
    if (last != OFF && now - last < rekeyTimeoutNanos) {
      return false;
    }
    asked = now;
    return true;
  }

  // Any RX thread.

  /** An authenticated message came in. */
  void received(long now) {
    lastReceived = now;
    if (unansweredSend != OFF) {
      unansweredSend = OFF;
    }
  }

  /** Packets came in, not only keepalives. */
  void dataReceived(long now, int packets) {
    boolean more = packets > 1;
    if (unansweredReceive == OFF) {
      unansweredReceive = now;
    } else {
      more = true;
    }
    if (needAnotherKeepalive != more) {
      needAnotherKeepalive = more;
    }
  }

  /** Whether the handshake shortly before a session ends is still to be tried. */
  boolean wantsLastMinuteHandshake() {
    return !sentLastMinuteHandshake;
  }

  // The owner of WireGuard.

  /** Whether a handshake message went out so lately that another is not to follow yet. */
  boolean handshakeTooSoon(long now) {
    long last = lastSentHandshake;
    return last != OFF && now - last < rekeyTimeoutNanos;
  }

  /** An initiation was sent. */
  void initiationSent(long now) {
    lastSentHandshake = now;
    retransmitHandshake = now + rekeyTimeoutNanos + jitter();
    sent(now, false);
  }

  /** A response was sent. */
  void responseSent(long now) {
    lastSentHandshake = now;
    sent(now, false);
  }

  /** An initiation is wanted, but it is too soon: it is sent as soon as may be. */
  void initiateLater() {
    retransmitHandshake = lastSentHandshake + rekeyTimeoutNanos + jitter();
  }

  boolean isHandshakePending() {
    return retransmitHandshake != OFF;
  }

  void resetRetries() {
    handshakeRetries = 0;
  }

  /** Counts one more try; returns how many there were before. */
  int countRetry() {
    return handshakeRetries++;
  }

  /** A session may be sent on. */
  void handshakeComplete() {
    retransmitHandshake = OFF;
    handshakeRetries = 0;
    sentLastMinuteHandshake = false;
    asked = OFF;
  }

  /** Keys were exchanged. */
  void sessionDerived(long now) {
    zeroKeyMaterial = now + zeroKeysNanos;
  }

  /** No handshake came about. */
  void gaveUp(long now) {
    unansweredReceive = OFF;
    retransmitHandshake = OFF;
    if (zeroKeyMaterial == OFF) {
      zeroKeyMaterial = now + zeroKeysNanos;
    }
  }

  /** The handshake shortly before a session ends is tried now, and not again. */
  void lastMinuteHandshake() {
    sentLastMinuteHandshake = true;
  }

  void persistentKeepalive(Duration interval, long now) {
    persistentNanos = interval.toNanos();
    persistentSet = now;
  }

  boolean takeRetransmitHandshake(long now) {
    boolean due = isDue(retransmitHandshake, now);
    if (due) {
      retransmitHandshake = OFF;
    }
    return due;
  }

  boolean takeZeroKeyMaterial(long now) {
    boolean due = isDue(zeroKeyMaterial, now);
    if (due) {
      zeroKeyMaterial = OFF;
    }
    return due;
  }

  boolean takeNewHandshake(long now) {
    boolean due = isDue(newHandshakeDue(), now);
    if (due) {
      unansweredSend = OFF;
      newHandshakeJitter = jitter();
    }
    return due;
  }

  boolean takeKeepalive(long now) {
    boolean due = isDue(keepaliveDue(), now);
    if (due) {
      // Sending the keepalive ends the wait; data that came in meanwhile starts the next.
      unansweredReceive = OFF;
    }
    return due;
  }

  /** After a keepalive was sent. */
  void keepaliveSent(long now) {
    if (needAnotherKeepalive) {
      needAnotherKeepalive = false;
      unansweredReceive = now;
    }
  }

  boolean takePersistentKeepalive(long now) {
    boolean due = isDue(persistentDue(), now);
    if (due) {
      persistentSet = now;
    }
    return due;
  }

  /** Stops all but the persistent keepalive. */
  void stop() {
    unansweredSend = OFF;
    unansweredReceive = OFF;
    retransmitHandshake = OFF;
    zeroKeyMaterial = OFF;
    handshakeRetries = 0;
  }

  /**
   * When to look again at the latest.
   *
   * @param canSend whether there is a session, so that other threads may start timers
   */
  long deadline(long now, boolean canSend, long latest) {
    // A timer that another thread starts after this look is due after at least this time.
    long deadline =
        canSend ? earlier(now + Math.min(newHandshakeNanos, keepaliveNanos), latest) : latest;
    deadline = earlier(retransmitHandshake, deadline);
    deadline = earlier(zeroKeyMaterial, deadline);
    deadline = earlier(newHandshakeDue(), deadline);
    deadline = earlier(keepaliveDue(), deadline);
    return earlier(persistentDue(), deadline);
  }

  private long newHandshakeDue() {
    long since = unansweredSend;
    return since == OFF ? OFF : since + newHandshakeNanos + newHandshakeJitter;
  }

  private long keepaliveDue() {
    long since = unansweredReceive;
    return since == OFF ? OFF : since + keepaliveNanos;
  }

  private long persistentDue() {
    if (persistentNanos == 0) {
      return OFF;
    }
    long since = persistentSet;
    since = later(lastSent, since);
    since = later(lastReceived, since);
    return since + persistentNanos;
  }

  private static boolean isDue(long time, long now) {
    return time != OFF && now - time >= 0;
  }

  private static long earlier(long time, long other) {
    return time == OFF || time - other > 0 ? other : time;
  }

  private static long later(long time, long other) {
    return time == OFF || time - other < 0 ? other : time;
  }
}
