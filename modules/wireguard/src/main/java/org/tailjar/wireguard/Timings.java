package org.tailjar.wireguard;

import java.time.Duration;

/**
 * The protocol's times (WireGuard paper 6.1). Both sides of a tunnel are expected to use {@link
 * #STANDARD}; tests shorten them.
 *
 * @param rekeyAfterTime age at which the initiator of a session that it sends on starts a new one
 * @param rejectAfterTime age from which nothing is sealed or opened with a session
 * @param rekeyAttemptTime how long a handshake is tried before giving up
 * @param rekeyTimeout how long to wait for an answer before a handshake is tried again
 * @param rekeyTimeoutJitter up to so much is added to each wait, so that two peers do not stay in
 *     step
 * @param keepaliveTimeout how long after data came in with nothing to send back a keepalive is sent
 * @param cookieRefreshTime how long a cookie is good for (paper 5.4.7)
 */
public record Timings(
    Duration rekeyAfterTime,
    Duration rejectAfterTime,
    Duration rekeyAttemptTime,
    Duration rekeyTimeout,
    Duration rekeyTimeoutJitter,
    Duration keepaliveTimeout,
    Duration cookieRefreshTime) {

  /** The times of the paper, 6.1. */
  public static final Timings STANDARD =
      new Timings(
          Duration.ofSeconds(120),
          Duration.ofSeconds(180),
          Duration.ofSeconds(90),
          Duration.ofSeconds(5),
          Duration.ofMillis(334),
          Duration.ofSeconds(10),
          Duration.ofSeconds(120));

  /** Checks that a session is renewed before it ends. */
  public Timings {
    requirePositive(rekeyAfterTime);
    requirePositive(rejectAfterTime);
    requirePositive(rekeyAttemptTime);
    requirePositive(rekeyTimeout);
    requirePositive(keepaliveTimeout);
    requirePositive(cookieRefreshTime);
    if (rekeyTimeoutJitter.isNegative()) {
      throw new IllegalArgumentException("a jitter of " + rekeyTimeoutJitter);
    }
    if (rekeyAfterTime.compareTo(rejectAfterTime) >= 0) {
      throw new IllegalArgumentException(
          "rekey after " + rekeyAfterTime + " but reject after " + rejectAfterTime);
    }
  }

  private static void requirePositive(Duration time) {
    if (!time.isPositive()) {
      throw new IllegalArgumentException("a time of " + time);
    }
  }

  /** How often a handshake is tried again before giving up. */
  int maxHandshakeRetries() {
    return (int) Math.max(1, rekeyAttemptTime.dividedBy(rekeyTimeout));
  }

  /** How long after the last key exchange all keys are overwritten (paper 6.3). */
  Duration zeroKeysAfter() {
    return rejectAfterTime.multipliedBy(3);
  }

  /** How long after data went out with nothing coming back a handshake is tried (paper 6.4). */
  Duration newHandshakeAfter() {
    return keepaliveTimeout.plus(rekeyTimeout);
  }

  /** Age at which an initiator that only receives starts a new session (paper 6.2). */
  Duration rekeyAfterTimeReceiving() {
    Duration age = rejectAfterTime.minus(newHandshakeAfter());
    return age.compareTo(rekeyAfterTime) > 0 ? age : rekeyAfterTime;
  }
}
