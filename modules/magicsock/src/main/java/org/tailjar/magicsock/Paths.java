package org.tailjar.magicsock;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

/**
 * Every way to every peer, as the packet path sees it: no threads and no callbacks. {@link
 * #receive} and {@link #confirmed} belong to the first RX thread; {@link #route}, {@link #send} and
 * {@link #wake} may be called by any.
 */
public interface Paths extends PathsQueue, AutoCloseable {

  /**
   * Where RX threads receive, each by one of its own; all of them are to be read. The first is this
   * object itself. Transport messages come by the one that {@code WireGuard.receiver} names for
   * their receiver index, but for a few that may come by another at a change of paths; those of a
   * relay, and handshake messages, come by the first.
   */
  default List<PathsQueue> queues() {
    return List.of(this);
  }

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

  @Override
  void close();
}
