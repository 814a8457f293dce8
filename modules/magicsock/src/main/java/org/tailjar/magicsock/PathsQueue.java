package org.tailjar.magicsock;

import java.io.IOException;
import org.tailjar.packet.Batch;

/**
 * Where one RX thread receives. {@link #receive} is called by that thread alone, {@link #wake} by
 * any.
 */
public interface PathsQueue {

  /**
   * Waits for WireGuard messages and fills the batch with those that came by one path. On the first
   * queue other traffic (STUN, DISCO) is answered on the way, and whatever timers the paths have of
   * their own are run.
   *
   * @param deadlineNanos {@link System#nanoTime()} at which to return at the latest
   * @return false when nothing was received: woken, or the deadline has come
   * @throws IOException when no socket works any more
   */
  boolean receive(Batch into, long deadlineNanos) throws IOException;

  /** Ends the present or the next {@link #receive} at once. */
  void wake();
}
