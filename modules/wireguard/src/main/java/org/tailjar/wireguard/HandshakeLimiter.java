package org.tailjar.wireguard;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps handshakes, which cost Diffie-Hellman computations, from taking all of the first RX thread
 * (WireGuard paper 5.3). Under load a source must show a cookie, and each gets its own allowance:
 * one for all would let anybody lock everybody out. What all sources together may cost is bounded
 * as well, apart for the places where peers are known to be: strangers with many addresses cannot
 * take from what those need to renew their keys. Handshakes are bounded by the time they take, of
 * which most is kept for sources that had none lately: who sends many does not come before who
 * sends one.
 */
final class HandshakeLimiter {

  /** Messages in one second from which on we are under load. */
  static final int LOAD_THRESHOLD = 100;

  /** Messages that a source may send at once. */
  static final int BURST = 5;

  /** Time in which a source earns one message: 20 in a second. */
  static final long COST_NANOS = Duration.ofMillis(50).toNanos();

  /**
   * One part in so many of the first RX thread's time is for handshakes under load: of all
   * strangers, and as much of all known places.
   */
  static final int TIME_SHARE = 100;

  /** Time for handshakes that may be used at once. */
  static final long TIME_BURST_NANOS = Duration.ofMillis(10).toNanos();

  /**
   * A handshake counts as no longer than this. One takes 0.1 to 0.4 ms; what takes more was most
   * likely interrupted.
   */
  static final long MOST_WORK_NANOS = Duration.ofMillis(1).toNanos();

  /**
   * For so long after a handshake a source may have another one only from what is over {@link
   * #RESERVE_NANOS}. An honest one tries again after 5 s (WireGuard paper 6.1, Rekey-Timeout).
   */
  static final long SERVED_NANOS = Duration.ofSeconds(4).toNanos();

  /** What is kept of the time that may be used at once. */
  static final long RESERVE_NANOS = Duration.ofMillis(8).toNanos();

  /** Cookies given out in one second: to all strangers, and to all known places. */
  static final int REPLIES_PER_SECOND = 250;

  /**
   * Sources with a cookie that are remembered; of more, the one that was heard longest ago goes.
   */
  static final int MAX_SOURCES = 4096;

  /** What is earned in this part of a second may be used at once. */
  private static final int BURSTS_PER_SECOND = 10;

  private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int IPV4_SOURCE = 6;
  private static final int IPV6_SOURCE = 18;
  private static final byte[] MAPPED_PREFIX = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

  private final Map<ByteBuffer, Source> sources =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Source> eldest) {
          return size() > MAX_SOURCES;
        }
      };

  /** Where peers were last, and how many at each place. */
  private final Map<ByteBuffer, Integer> known = new HashMap<>();

  private final Map<Peer, ByteBuffer> places = new HashMap<>();
  private @Nullable Bounds strangers;
  private @Nullable Bounds acquaintances;
  private boolean counting;
  private long windowStart;
  private int inWindow;
  private boolean loaded;
  private long loadedUntil;

  /** Counts a message and tells whether we are under load. */
  boolean underLoad(long now) {
    if (!counting || now - windowStart >= SECOND_NANOS) {
      counting = true;
      windowStart = now;
      inWindow = 0;
    }
    inWindow++;
    if (inWindow > LOAD_THRESHOLD) {
      loaded = true;
      loadedUntil = now + SECOND_NANOS;
    } else if (loaded && now - loadedUntil >= 0) {
      loaded = false;
      sources.clear();
    }
    return loaded;
  }

  /**
   * Whether a message from there could lead to nothing now, whatever is in it: under load, with
   * neither a handshake nor a cookie left for sources like this. Costs next to nothing, so that
   * what a flood has too much is not even looked at.
   *
   * @param presentsCookie whether it has a second MAC, without which it can only lead to a cookie
   */
  boolean isSpent(byte[] source, boolean presentsCookie, long now) {
    if (!loaded || now - loadedUntil >= 0) {
      return false;
    }
    ByteBuffer key = address(source);
    Bounds bounds = bounds(key, now);
    if (!presentsCookie && source.length > 0) {
      return bounds.replies.isSpent(now);
    }
    Source known = sources.get(key);
    boolean served = known != null && known.wasServed(now);
    return bounds.handshakes.isSpent(served ? RESERVE_NANOS : 0, now)
        && (served || bounds.replies.isSpent(now));
  }

  /**
   * Takes one message from the allowances of a source; false when they are used up. What is done
   * then is paid for by {@link #worked}.
   */
  boolean allow(byte[] source, long now) {
    ByteBuffer key = address(source);
    Source entry = sources.computeIfAbsent(key, _ -> new Source(now));
    if (!entry.allowance.take(now)
        || bounds(key, now).handshakes.isSpent(entry.wasServed(now) ? RESERVE_NANOS : 0, now)) {
      return false;
    }
    entry.serve(now);
    return true;
  }

  /** Says how long a message kept us that was allowed. */
  void worked(byte[] source, long nanos, long now) {
    if (loaded) {
      bounds(address(source), now).handshakes.spend(Math.clamp(nanos, 0, MOST_WORK_NANOS), now);
    }
  }

  /** Takes one cookie reply; false when there were too many. */
  boolean allowReply(byte[] source, long now) {
    return bounds(address(source), now).replies.take(now);
  }

  /** Notes where a peer is. */
  void know(Peer peer, byte[] source) {
    ByteBuffer place = address(source);
    ByteBuffer before = places.put(peer, place);
    if (!place.equals(before)) {
      known.merge(place, 1, Integer::sum);
      leave(before);
    }
  }

  /** Forgets where a peer was. */
  void forget(Peer peer) {
    leave(places.remove(peer));
  }

  private void leave(@Nullable ByteBuffer place) {
    if (place != null) {
      known.computeIfPresent(place, (_, count) -> count == 1 ? null : count - 1);
    }
  }

  private Bounds bounds(ByteBuffer place, long now) {
    if (strangers == null || acquaintances == null) {
      strangers = new Bounds(now);
      acquaintances = new Bounds(now);
    }
    return known.containsKey(place) ? acquaintances : strangers;
  }

  int sourceCount() {
    return sources.size();
  }

  /**
   * What counts as one source, whatever its port: an IPv4 address, an IPv6 network of 64 bits (a
   * host has all of its addresses), or a key at a relay.
   */
  private static ByteBuffer address(byte[] source) {
    return ByteBuffer.wrap(
        switch (source.length) {
          case IPV4_SOURCE -> Arrays.copyOf(source, 4);
          case IPV6_SOURCE ->
              Arrays.equals(source, 0, 12, MAPPED_PREFIX, 0, 12)
                  ? Arrays.copyOfRange(source, 12, 16)
                  : Arrays.copyOf(source, 8);
          default -> source.clone();
        });
  }

  /** A source that showed a cookie. */
  private static final class Source {

    private final Allowance allowance;
    private boolean served;
    private long servedAt;

    private Source(long now) {
      allowance = new Allowance(BURST, COST_NANOS, now);
    }

    private boolean wasServed(long now) {
      return served && now - servedAt < SERVED_NANOS;
    }

    private void serve(long now) {
      served = true;
      servedAt = now;
    }
  }

  /** What many sources may cost together. */
  private static final class Bounds {

    private final TimeShare handshakes;
    private final Allowance replies;

    private Bounds(long now) {
      handshakes = new TimeShare(TIME_SHARE, TIME_BURST_NANOS, now);
      replies =
          new Allowance(
              REPLIES_PER_SECOND / BURSTS_PER_SECOND, SECOND_NANOS / REPLIES_PER_SECOND, now);
    }
  }
}
