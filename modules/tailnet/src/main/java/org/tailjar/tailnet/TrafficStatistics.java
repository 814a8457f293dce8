package org.tailjar.tailnet;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the packet path did since the start.
 *
 * @param tunRead reads of the packet device
 * @param udpSend sends to UDP sockets
 * @param udpReceive receives from UDP sockets
 * @param tunWrite writes to the packet device
 * @param relaySend packets handed to DERP relays
 * @param relayReceive packets that came from DERP relays
 * @param counters others by name in lower case with underscores, for example {@code
 *     dropped_by_filter}; in the order of their names
 */
public record TrafficStatistics(
    CallCount tunRead,
    CallCount udpSend,
    CallCount udpReceive,
    CallCount tunWrite,
    CallCount relaySend,
    CallCount relayReceive,
    Map<String, Long> counters) {

  /** Nothing yet. */
  public static final TrafficStatistics NONE =
      new TrafficStatistics(
          CallCount.NONE,
          CallCount.NONE,
          CallCount.NONE,
          CallCount.NONE,
          CallCount.NONE,
          CallCount.NONE,
          Map.of());

  /** Copies the counters. */
  public TrafficStatistics {
    counters = Collections.unmodifiableMap(new TreeMap<>(counters));
  }
}
