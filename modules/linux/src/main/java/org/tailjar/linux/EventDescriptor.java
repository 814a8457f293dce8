package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Wakes a thread that waits in {@link Poll} (eventfd(2)). Any thread signals, one thread drains; it
 * must drain first and then look for the work that the signal was about.
 */
public final class EventDescriptor implements AutoCloseable {

  private static final int EFD_CLOEXEC = 0x80000;
  private static final int EFD_NONBLOCK = 0x800;

  private final Descriptor descriptor;
  private final AtomicBoolean pending = new AtomicBoolean();
  private final MemorySegment one = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
  private final MemorySegment counter = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

  private EventDescriptor(Descriptor descriptor) {
    this.descriptor = descriptor;
    one.set(ValueLayout.JAVA_LONG, 0, 1);
  }

  /**
   * A new one, not signalled.
   *
   * @throws LinuxException when there are no descriptors left
   */
  public static EventDescriptor open() throws LinuxException {
    int number = Libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (number < 0) {
      throw LinuxException.last("eventfd");
    }
    return new EventDescriptor(new Descriptor(number, "eventfd"));
  }

  /** For {@link Poll}. */
  public Descriptor descriptor() {
    return descriptor;
  }

  /** Makes the descriptor readable, until {@link #drain}. Does nothing when closed. */
  public void signal() {
    if (pending.getAndSet(true)) {
      return;
    }
    try {
      int number = descriptor.acquire();
      try {
        // Fails only when the counter is full, and then it is readable anyway.
        Libc.write(number, one.address(), 8);
      } finally {
        descriptor.release();
        Reference.reachabilityFence(this);
      }
    } catch (ClosedDescriptorException e) {
      // Whoever closed it has no thread left to wake.
      return;
    }
  }

  /**
   * Takes the signal back.
   *
   * @throws ClosedDescriptorException when closed
   */
  public void drain() throws ClosedDescriptorException {
    int number = descriptor.acquire();
    try {
      Libc.read(number, counter.address(), 8);
    } finally {
      descriptor.release();
      Reference.reachabilityFence(this);
    }
    // Only now: a signal that came in between has its work queued already, and the caller looks.
    pending.getAndSet(false);
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
