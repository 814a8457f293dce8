package org.tailjar.linux;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Owns a file descriptor of the kernel. The number never leaves this module, and is given back to
 * the kernel only when no call uses it any more: a thread that comes late gets a {@link
 * ClosedDescriptorException}, never somebody else's file.
 *
 * <p>Closing wakes nobody: afterwards signal an {@link EventDescriptor} that the waiting thread
 * polls as well. Afterwards, since a thread woken before might be waiting again when the descriptor
 * closes.
 */
public final class Descriptor implements AutoCloseable {

  private static final int CLOSED = 1 << 31;

  private final int number;
  private final String name;

  /** Calls in progress in the lower bits, {@link #CLOSED} in the highest. */
  private final AtomicInteger state = new AtomicInteger();

  Descriptor(int number, String name) {
    this.number = number;
    this.name = name;
  }

  /** Whether {@link #close} was called. */
  public boolean isClosed() {
    return state.get() < 0;
  }

  /**
   * The number, to be used until {@link #release}.
   *
   * @throws ClosedDescriptorException when closed
   */
  int acquire() throws ClosedDescriptorException {
    if (state.incrementAndGet() < 0) {
      release();
      throw new ClosedDescriptorException(name);
    }
    return number;
  }

  /** Ends one use; the last one after {@link #close} gives the number back. */
  void release() {
    if (state.decrementAndGet() == CLOSED && state.compareAndSet(CLOSED, CLOSED + (1 << 30))) {
      Libc.close(number);
    }
  }

  @Override
  public void close() {
    int before = state.getAndUpdate(now -> now < 0 ? now : (now | CLOSED) + 1);
    if (before >= 0) {
      release();
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
