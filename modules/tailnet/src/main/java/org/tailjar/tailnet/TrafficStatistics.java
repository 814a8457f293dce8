package org.tailjar.tailnet;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the packet path did since the start.
 *
 * @param tunRead reads of the packet device
 * @param udpSend sends to peers, by UDP or a relay
 * @param udpReceive receives from peers, by UDP or a relay
 * @param tunWrite writes to the packet device
 * @param bytesOut bytes of IP packets sent through tunnels
 * @param bytesIn bytes of IP packets that came through tunnels and were let in
 * @param counters others by name in lower case with underscores, for example {@code
 *     dropped_by_filter}; in the order of their names
 */
public record TrafficStatistics(
    CallCount tunRead,
    CallCount udpSend,
    CallCount udpReceive,
    CallCount tunWrite,
    long bytesOut,
    long bytesIn,
    Map<String, Long> counters) {

  /** Nothing yet. */
  public static final TrafficStatistics NONE =
      new TrafficStatistics(
          CallCount.NONE, CallCount.NONE, CallCount.NONE, CallCount.NONE, 0, 0, Map.of());

  /** Copies the counters. */
  public TrafficStatistics {
    counters = Collections.unmodifiableMap(new TreeMap<>(counters));
  }
}
