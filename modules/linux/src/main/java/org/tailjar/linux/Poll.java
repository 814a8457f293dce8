package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;

/**
 * Waits until one of a fixed set of descriptors can be read (ppoll(2)). Owned by the thread that
 * waits; allocates nothing per call.
 */
public final class Poll {

  private static final int POLLIN = 1;
  private static final int POLLOUT = 4;
  private static final int ENTRY = 8;

  private final Descriptor[] descriptors;
  private final MemorySegment entries;
  private final MemorySegment timeout = Arena.ofAuto().allocate(16, 8);

  /**
   * Waits for these, numbered in this order.
   *
   * @throws IllegalArgumentException when there are none, or more than 64
   */
  public Poll(Descriptor... descriptors) {
    this(POLLIN, descriptors);
  }

  private Poll(int events, Descriptor... descriptors) {
    if (descriptors.length == 0 || descriptors.length > Long.SIZE) {
      throw new IllegalArgumentException("a poll of " + descriptors.length + " descriptors");
    }
    this.descriptors = descriptors.clone();
    entries = Arena.ofAuto().allocate((long) ENTRY * descriptors.length, 8);
    for (int i = 0; i < descriptors.length; i++) {
      entries.set(ValueLayout.JAVA_SHORT, (long) ENTRY * i + 4, (short) events);
    }
  }

  /** Waits until the descriptor can be written. */
  static Poll writable(Descriptor descriptor) {
    return new Poll(POLLOUT, descriptor);
  }

  /**
   * Waits.
   *
   * @param timeoutNanos longest wait in nanoseconds; negative waits for ever
   * @return a bit for each descriptor that can be read or has failed, bit 0 for the first; 0 when
   *     the time is over or a signal came
   * @throws ClosedDescriptorException when one of them is closed
   * @throws LinuxException when the kernel refuses
   */
  public long await(long timeoutNanos) throws ClosedDescriptorException, LinuxException {
    int held = 0;
    try {
      for (; held < descriptors.length; held++) {
        int number = descriptors[held].acquire();
        entries.set(ValueLayout.JAVA_INT, (long) ENTRY * held, number);
        entries.set(ValueLayout.JAVA_SHORT, (long) ENTRY * held + 6, (short) 0);
      }
      long limit = 0;
      if (timeoutNanos >= 0) {
        timeout.set(ValueLayout.JAVA_LONG, 0, timeoutNanos / 1_000_000_000);
        timeout.set(ValueLayout.JAVA_LONG, 8, timeoutNanos % 1_000_000_000);
        limit = timeout.address();
      }
      int ready = Libc.ppoll(entries.address(), descriptors.length, limit, 0);
      if (ready < 0) {
        int errno = Libc.errno();
        if (errno == Errno.EINTR || errno == Errno.ENOMEM) {
          return 0;
        }
        throw new LinuxException(errno, "poll");
      }
      long bits = 0;
      for (int i = 0; ready > 0 && i < descriptors.length; i++) {
        if (entries.get(ValueLayout.JAVA_SHORT, (long) ENTRY * i + 6) != 0) {
          bits |= 1L << i;
        }
      }
      return bits;
    } finally {
      while (held > 0) {
        descriptors[--held].release();
      }
      Reference.reachabilityFence(this);
    }
  }
}
