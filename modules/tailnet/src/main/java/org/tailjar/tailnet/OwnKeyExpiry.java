package org.tailjar.tailnet;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tailjar.headscale.NetworkMap;

/**
 * Knows when this node's own key expires, and says so when the time comes, whether or not the
 * server has news then. Thread-safe.
 */
final class OwnKeyExpiry implements AutoCloseable {

  private final InstantSource clock;
  private final Alarm alarm;

  /** A time about which the server was asked, and said that the key is good. */
  private @Nullable Instant refuted;

  /** The time by which the key was last found to be expired. */
  private @Nullable Instant asserted;

  OwnKeyExpiry(InstantSource clock, Runnable onExpiry) {
    this.clock = clock;
    this.alarm = new Alarm(clock, Alarm.LOOK, onExpiry);
  }

  /** Whether a map says that the key is expired. If not, it is watched from now on. */
  synchronized boolean isExpired(NetworkMap map) {
    Instant now = clock.instant();
    @Nullable Instant expiry = map.self().keyExpiry();
    boolean believed = map.self().expired() || !Objects.equals(expiry, refuted);
    if (believed && map.isExpired(map.self(), now)) {
      asserted = expiry;
      alarm.set(java.util.Optional.empty());
      return true;
    }
    asserted = expiry;
    alarm.set(map.timeToExpiry(map.self(), now));
    return false;
  }

  /**
   * The server accepts the key, whatever its time: this machine's clock may be wrong, and asking
   * again and again would cost the node its maps.
   */
  synchronized void accepted() {
    refuted = asserted;
  }

  @Override
  public void close() {
    alarm.close();
  }
}
