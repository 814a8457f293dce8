package org.tailjar.magicsock;

import java.time.Duration;

/**
 * The times of path discovery, as the other clients of such tailnets have them. All clocks in this
 * module count nanoseconds from the start of the node, so that they can be compared plainly.
 */
final class Times {

  /** A moment before all others that still can be subtracted from. */
  static final long NEVER = Long.MIN_VALUE / 4;

  /** No deadline. */
  static final long NONE = Long.MAX_VALUE;

  /** How often the path in use is tested while a peer is sent to. */
  static final long HEARTBEAT = Duration.ofSeconds(3).toNanos();

  /** How long a pong is proof that a path works: two heartbeats and some. */
  static final long TRUST = Duration.ofMillis(6500).toNanos();

  /** How long after the last packet to a peer its paths are kept alive. */
  static final long SESSION_ACTIVE = Duration.ofSeconds(45).toNanos();

  /** Shortest time between two discovery pings to one address. */
  static final long PING_INTERVAL = Duration.ofSeconds(5).toNanos();

  /** Shortest time between two pings that answer pings. */
  static final long ANSWERING_PING_INTERVAL = Duration.ofSeconds(1).toNanos();

  /** A ping not answered in that time is lost. */
  static final long PING_TIMEOUT = Duration.ofSeconds(5).toNanos();

  /** How often a better path is looked for while there is a good one. */
  static final long UPGRADE_INTERVAL = Duration.ofSeconds(60).toNanos();

  /** With such a latency no better path is looked for. */
  static final long GOOD_ENOUGH_LATENCY = Duration.ofMillis(5).toNanos();

  /** Own endpoints younger than this need no new STUN before they are told to a peer. */
  static final long ENDPOINTS_FRESH = Duration.ofSeconds(27).toNanos();

  /** Time between two light netchecks while a peer is active: at least so long. */
  static final long RESTUN_MIN = Duration.ofSeconds(20).toNanos();

  /** And at most so long; below the 30 s after which the meanest NATs forget a mapping. */
  static final long RESTUN_MAX = Duration.ofSeconds(26).toNanos();

  /** Time between two netchecks of all regions. */
  static final long FULL_NETCHECK = Duration.ofMinutes(5).toNanos();

  /** How long a STUN endpoint that is no longer seen is still told to peers. */
  static final long ENDPOINT_KEPT = Duration.ofSeconds(310).toNanos();

  private Times() {}
}
