package org.tailjar.wireguard;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Keeps handshakes, which cost Diffie-Hellman computations, from taking all of the RX thread
 * (WireGuard paper 5.3). Under load a source must show a cookie, and each gets its own allowance:
 * one for all would let anybody lock everybody out.
 */
final class HandshakeLimiter {

  /** Messages in one second from which on we are under load. */
  static final int LOAD_THRESHOLD = 200;

  /** Messages that a source may send at once. */
  static final int BURST = 5;

  /** Time in which a source earns one message: 20 in a second. */
  static final long COST_NANOS = Duration.ofMillis(50).toNanos();

  private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int MAX_SOURCES = 4096;
  private static final int IPV4_SOURCE = 6;
  private static final int IPV6_SOURCE = 18;
  private static final byte[] MAPPED_PREFIX = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

  private final Map<ByteBuffer, Allowance> sources =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Allowance> eldest) {
          return size() > MAX_SOURCES;
        }
      };
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

  /** Takes one message from the allowance of a source; false when it is used up. */
  boolean allow(byte[] source, long now) {
    ByteBuffer key = ByteBuffer.wrap(address(source));
    Allowance allowance = sources.get(key);
    if (allowance == null) {
      allowance = new Allowance(now);
      sources.put(key, allowance);
    }
    return allowance.take(now);
  }

  int sourceCount() {
    return sources.size();
  }

  /**
   * What counts as one source, whatever its port: an IPv4 address, an IPv6 network of 64 bits (a
   * host has all of its addresses), or a key at a relay.
   */
  private static byte[] address(byte[] source) {
    return switch (source.length) {
      case IPV4_SOURCE -> Arrays.copyOf(source, 4);
      case IPV6_SOURCE ->
          Arrays.equals(source, 0, 12, MAPPED_PREFIX, 0, 12)
              ? Arrays.copyOfRange(source, 12, 16)
              : Arrays.copyOf(source, 8);
      default -> source.clone();
    };
  }

  private static final class Allowance {

    private long nanos = BURST * COST_NANOS;
    private long updated;

    Allowance(long now) {
      updated = now;
    }

    boolean take(long now) {
      nanos = Math.min(BURST * COST_NANOS, nanos + Math.max(0, now - updated));
      updated = now;
      if (nanos < COST_NANOS) {
        return false;
      }
      nanos -= COST_NANOS;
      return true;
    }
  }
}
