package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The scheduling policy SCHED_BATCH (sched(7)) for threads that work on what others produce: when
 * such a thread is woken, it waits until the thread that runs has done with its turn. So a program
 * that sends writes all that it has before the packets are fetched, and they come in larger
 * batches; the share of the processor that either gets stays the same.
 */
public final class BatchScheduling {

  private static final int SCHED_BATCH = 3;

  /** Of struct sched_param. */
  private static final int PRIORITY_LENGTH = 4;

  private static final int THIS_THREAD = 0;

  private BatchScheduling() {}

  /**
   * Puts the calling platform thread under it.
   *
   * @return false when the system does not allow it; nothing is changed then
   */
  public static boolean enter() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment priority = arena.allocate(PRIORITY_LENGTH, PRIORITY_LENGTH); // must be 0
      return Libc.sched_setscheduler(THIS_THREAD, SCHED_BATCH, priority.address()) == 0;
    }
  }
}
