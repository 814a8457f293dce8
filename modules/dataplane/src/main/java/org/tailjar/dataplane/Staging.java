package org.tailjar.dataplane;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the memory of all {@link StagedPackets} together: thousands of peers may be away at once.
 * The peer whose packets have waited longest loses them first. {@link #makeRoom} and {@link
 * #waiting} belong to the TX thread, which alone stages.
 */
final class Staging {

  /** Bytes that all of them may take, or a little more: one of them may grow by its last half. */
  static final long MOST_BYTES = 8 << 20;

  private final AtomicLong bytes = new AtomicLong();

  /** Those that wait, longest first; some of them may be empty again. */
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
    while (!order.isEmpty()) {
      StagedPackets longest = order.iterator().next();
      if (!longest.isEmpty() && (bytes.get() < MOST_BYTES || longest == staging)) {
        break;
      }
      order.remove(longest);
      synchronized (longest) {
        dropped += longest.size();
        longest.clear();
      }
    }
    return dropped;
  }

  /** Says that packets wait there, and that none did when this is the first. */
  void waiting(StagedPackets staged, boolean first) {
    if (first) {
      order.remove(staged);
    }
    order.add(staged);
  }
}
