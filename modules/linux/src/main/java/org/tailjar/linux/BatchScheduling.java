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

  /** Room for struct sched_param of either C library; its number must be 0. */
  private static final int PARAMETERS_LENGTH = 64;

  private BatchScheduling() {}

  /**
   * Puts the calling platform thread under it. Threads that this one starts inherit it (Linux
   * resets on request, but real-time policies alone): they too begin somewhat later while all
   * processors are busy.
   *
   * @return false when the system does not allow it; nothing is changed then
   */
  public static boolean enter() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment parameters = arena.allocate(PARAMETERS_LENGTH, Long.BYTES);
      // Not sched_setscheduler(2), which musl has but does not implement.
      return Libc.pthread_setschedparam(Libc.pthread_self(), SCHED_BATCH, parameters.address())
          == 0;
    }
  }
}
