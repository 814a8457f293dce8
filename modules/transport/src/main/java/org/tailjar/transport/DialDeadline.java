package org.tailjar.transport;

import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/**
 * Closes a channel when the time for its making is up. A read timeout alone would let a peer
 * stretch an exchange byte by byte.
 */
final class DialDeadline implements AutoCloseable {
  private final Thread guard;
  private final long deadline;

  private DialDeadline(SocketChannel channel, long deadline) {
    this.deadline = deadline;
    int left = millisLeft();
    this.guard =
        Thread.ofVirtual()
            .name("dial-deadline")
            .start(
                () -> {
                  try {
                    Thread.sleep(left);
                    Connection.closeQuietly(channel);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
  }

  /**
   * Begins to watch.
   *
   * @param deadline as {@link System#nanoTime()} has it
   */
  static DialDeadline watch(SocketChannel channel, long deadline) {
    return new DialDeadline(channel, deadline);
  }

  /** What is left, in milliseconds: at least one, since none would be for ever. */
  int millisLeft() {
    return Math.clamp(
        TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()), 1, Integer.MAX_VALUE);
  }

  boolean isOver() {
    return deadline - System.nanoTime() <= 0;
  }

  /** Ends the watch; the channel stays as it is. */
  @Override
  public void close() {
    guard.interrupt();
  }
}
