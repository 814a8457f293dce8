package org.tailjar.wireguard;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.tailjar.packet.Path;

/**
 * Decides which handshake messages are worth a Diffie-Hellman computation, by what can be checked
 * without knowing the sender (WireGuard paper 5.3): the first MAC always, and under load a cookie
 * and the allowances of {@link HandshakeLimiter}, which come before anything that is computed.
 * Belongs to the first RX thread; any thread may read the counters.
 */
final class Admission {

  private static final byte[] NO_SOURCE = {};

  private final CookieChecker cookies;
  private final LongSupplier stopwatch;
  private final HandshakeLimiter limiter = new HandshakeLimiter();

  private final AtomicLong forged = new AtomicLong();
  private final AtomicLong cookieReplies = new AtomicLong();
  private final AtomicLong limited = new AtomicLong();
  private final AtomicLong admitted = new AtomicLong();
  private final AtomicLong authentic = new AtomicLong();
  private final AtomicLong workNanos = new AtomicLong();
  private long started;

  /**
   * Admits by these rules.
   *
   * @param stopwatch nanoseconds, by which work on handshakes is measured
   */
  Admission(CookieChecker cookies, LongSupplier stopwatch) {
    this.cookies = cookies;
    this.stopwatch = stopwatch;
  }

  /**
   * Whether a message from there can lead to nothing now, as far as can be said without a look at
   * it; then it is counted.
   *
   * @param presentsCookie whether it has a second MAC
   */
  boolean refuses(@Nullable Path path, boolean presentsCookie, long now) {
    boolean spent = limiter.isSpent(source(path), presentsCookie, now);
    if (spent) {
      limited.getAndIncrement();
    }
    return spent;
  }

  /**
   * Whether to go on with a message; if not, a cookie may have been sent. If so, {@link #worked}
   * ends what begins here.
   *
   * @param sender the index that a cookie reply is to name
   */
  boolean admits(byte[] message, int sender, @Nullable Path path, long now, Output out) {
    byte[] source = source(path);
    if (!cookies.hasMac1(message)) {
      forged.getAndIncrement();
      return false;
    }
    if (limiter.underLoad(now)) {
      // Without a source there is nobody to make a cookie for; all such share one allowance.
      if (path != null && source.length > 0 && !cookies.hasMac2(message, source, now)) {
        if (limiter.allowReply(source, now)) {
          cookieReplies.getAndIncrement();
          out.reply(path, cookies.reply(message, sender, source, now).encode());
        } else {
          limited.getAndIncrement();
        }
        return false;
      }
      if (!limiter.allow(source, now)) {
        limited.getAndIncrement();
        return false;
      }
    }
    admitted.getAndIncrement();
    started = stopwatch.getAsLong();
    return true;
  }

  /** Says that the work on the message that was admitted last is done. */
  void worked(@Nullable Path path, long now) {
    long nanos = stopwatch.getAsLong() - started;
    workNanos.getAndAdd(nanos);
    limiter.worked(source(path), nanos, now);
  }

  /** Says that a peer proved by a message that it is where that came from. */
  void authenticated(Peer peer, @Nullable Path path) {
    authentic.getAndIncrement();
    byte[] source = source(path);
    if (source.length > 0) {
      limiter.know(peer, source);
    }
  }

  /** Forgets where a peer was. */
  void forget(Peer peer) {
    limiter.forget(peer);
  }

  HandshakeCounters counters() {
    return new HandshakeCounters(
        forged.get(),
        cookieReplies.get(),
        limited.get(),
        admitted.get(),
        authentic.get(),
        Duration.ofNanos(workNanos.get()));
  }

  private static byte[] source(@Nullable Path path) {
    return path == null ? NO_SOURCE : path.source();
  }
}
