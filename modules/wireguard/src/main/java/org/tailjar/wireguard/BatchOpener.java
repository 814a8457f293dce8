package org.tailjar.wireguard;

import java.lang.foreign.MemorySegment;
import org.tailjar.crypto.AeadContext;

/**
 * Opens transport messages of one session that came together: ciphers take less time for many
 * packets than for each alone. Each RX thread has its own; allocates nothing.
 */
public final class BatchOpener {

  /** Most messages that are opened at once. */
  public static final int MOST_MESSAGES = 64;

  private final AeadContext context;
  private final long[] counters = new long[MOST_MESSAGES];
  private final boolean[] authentic = new boolean[MOST_MESSAGES];
  private final int[] results = new int[MOST_MESSAGES];

  /** An opener that works with a context of its own. */
  public BatchOpener(AeadContext context) {
    this.context = context;
  }

  /**
   * Opens messages where they lie, each as {@link Session#open} does; {@link #result} says what
   * became of them. Authentic ones must then be given to {@link WireGuard#received}.
   *
   * @param offset of the first message
   * @param stride bytes from the start of one message to that of the next
   * @param length of every message but the last
   * @param lastLength of the last message, at most {@code length}
   * @param count of messages, 1 to {@link #MOST_MESSAGES}
   * @param now {@link System#nanoTime()}
   */
  public void open(
      Session session,
      MemorySegment memory,
      long offset,
      int stride,
      int length,
      int lastLength,
      int count,
      long now) {
    synchronized (session.receiving()) {
      openOneByOneOrAll(session, memory, offset, stride, length, lastLength, count, now);
    }
  }

  private void openOneByOneOrAll(
      Session session,
      MemorySegment memory,
      long offset,
      int stride,
      int length,
      int lastLength,
      int count,
      long now) {
    boolean all = count > 1;
    for (int i = 0; i < count && all; i++) {
      long at = offset + (long) i * stride;
      all = session.check(memory, at, i == count - 1 ? lastLength : length, now) == Session.OPEN;
      if (all) {
        counters[i] = session.counter(memory, at);
      }
    }
    if (!all) {
      for (int i = 0; i < count; i++) {
        int n = i == count - 1 ? lastLength : length;
        results[i] = session.openHeld(context, memory, offset + (long) i * stride, n, now);
      }
      return;
    }
    session.openAll(
        context, counters, count, memory, offset, stride, length, lastLength, authentic);
    for (int i = 0; i < count; i++) {
      int n = i == count - 1 ? lastLength : length;
      if (!authentic[i]) {
        results[i] = Session.FORGED;
      } else if (!session.accept(counters[i])) {
        results[i] = Session.REPLAYED; // by one of the same batch
      } else {
        results[i] = n - Session.OVERHEAD;
      }
    }
  }

  /** What {@link Session#open} would have returned for a message of the last batch. */
  public int result(int message) {
    return results[message];
  }
}
