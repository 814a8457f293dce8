package org.tailjar.transport;

import java.io.IOException;
import java.nio.channels.SelectableChannel;

/**
 * Prepares a socket before it connects, so that it bypasses the tunnel's own routes: on Linux the
 * bypass mark, which the policy rules 5210 to 5250 send to the main routing table.
 */
@FunctionalInterface
public interface SocketMarker {

  /** Leaves sockets as they are: for tests, and for programs that have no tunnel. */
  SocketMarker NONE = channel -> {};

  /**
   * Marks an open, unconnected channel.
   *
   * @throws IOException if the system refuses the mark; the connection attempt then fails, since an
   *     unmarked socket could be routed into the tunnel that it serves
   */
  void mark(SelectableChannel channel) throws IOException;
}
