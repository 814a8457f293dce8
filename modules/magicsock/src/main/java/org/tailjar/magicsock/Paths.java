package org.tailjar.magicsock;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

/**
 * Every way to every peer, as the packet path sees it: no threads and no callbacks. {@link
 * #receive} and {@link #confirmed} belong to the RX thread; {@link #route}, {@link #send} and
 * {@link #wake} may be called by any.
 */
public interface Paths extends AutoCloseable {

  /**
   * Waits for WireGuard messages and fills the batch with those that came by one path. Other
   * traffic (STUN, DISCO) is answered on the way, and whatever timers the paths have of their own
   * are run.
   *
   * @param deadlineNanos {@link System#nanoTime()} at which to return at the latest
   * @return false when nothing was received: woken, or the deadline has come
   * @throws IOException when no socket works any more
   */
  boolean receive(Batch into, long deadlineNanos) throws IOException;

  /** Tells that a packet of this peer that came by this path was authentic. */
  void confirmed(Endpoint peer, Path path);

  /**
   * How packets to a peer go now. Counts as an attempt to send: discovery of a better path starts
   * if it is time.
   *
   * @return null when there is no way to that peer at present
   */
  @Nullable Route route(Endpoint peer);

  /**
   * Sends a batch that was filled for this path; what cannot be sent is dropped and counted, never
   * thrown.
   */
  void send(Path path, Batch batch);

  /** Ends the present or the next {@link #receive} at once. */
  void wake();

  @Override
  void close();
}
