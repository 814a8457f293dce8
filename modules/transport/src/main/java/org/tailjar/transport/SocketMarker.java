package org.tailjar.transport;

import java.io.IOException;
import java.nio.channels.NetworkChannel;
import org.tailjar.linux.SocketMark;

/**
 * Prepares a socket before it connects, so that it bypasses the tunnel's own routes: on Linux the
 * bypass mark, which the policy rules 5210 to 5250 send to the main routing table.
 */
@FunctionalInterface
public interface SocketMarker {

  /** Leaves sockets as they are: for tests, and for programs that have no tunnel. */
  SocketMarker NONE = channel -> {};

  /**
   * Lets sockets bypass the tunnel where this process may say so. Without NET_ADMIN there is no
   * tunnel that they would have to bypass.
   */
  SocketMarker BYPASS = channel -> SocketMark.apply(channel, SocketMark.BYPASS);

  /**
   * Marks an open, unconnected channel.
   *
   * @throws IOException if the system refuses the mark; the connection attempt then fails, since an
   *     unmarked socket could be routed into the tunnel that it serves
   */
  void mark(NetworkChannel channel) throws IOException;
}
