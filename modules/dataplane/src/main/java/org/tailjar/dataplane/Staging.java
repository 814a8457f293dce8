package org.tailjar.dataplane;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the memory of all {@link StagedPackets} together: thousands of peers may be away at once.
 * The peer whose packets have waited longest loses them first. Thread-safe; the monitor of a {@link
 * StagedPackets} may be held when this one is taken, never the other way round.
 */
final class Staging {

  /** Bytes that all of them may take, or a little more: one of them may grow by its last half. */
  static final long MOST_BYTES = 8 << 20;

  private final AtomicLong bytes = new AtomicLong();

  /** Those that wait, longest first; some of them may be empty again. Under the monitor. */
  private final Set<StagedPackets> order = new LinkedHashSet<>();

  /** Memory was taken, or given back where negative; any thread. */
  void taken(long size) {
    bytes.addAndGet(size);
  }

  long bytes() {
    return bytes.get();
  }

  /**
   * Makes room for one more packet. No monitor is held.
   *
   * @param staging where it is going to wait, which is left alone
   * @return how many packets went
   */
  int makeRoom(StagedPackets staging) {
    int dropped = 0;
    StagedPackets longest;
    while ((longest = takeLongest(staging)) != null) {
      synchronized (longest) {
        dropped += longest.size();
        longest.clear();
      }
    }
    return dropped;
  }

  /** Who is to lose its packets now; null when there is room. */
  private synchronized @Nullable StagedPackets takeLongest(StagedPackets staging) {
    while (!order.isEmpty()) {
      StagedPackets longest = order.iterator().next();
      if (longest.isEmpty()) {
        order.remove(longest);
      } else if (bytes.get() < MOST_BYTES || longest == staging) {
        return null;
      } else {
        order.remove(longest);
        return longest;
      }
    }
    return null;
  }

  /**
   * Says that packets wait there, once they do, and that none did before when these are the first.
   */
  synchronized void waiting(StagedPackets staged, boolean first) {
    if (first) {
      order.remove(staged);
    }
    order.add(staged);
  }
}
