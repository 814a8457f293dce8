package org.tailjar.launcher;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;

/** Connects to the socket of a node. */
final class LocalConnection {
  private LocalConnection() {}

  /**
   * A connection to the first candidate that is served.
   *
   * @throws IOException if none is; the message says where was looked
   */
  static SocketChannel open(SocketLocation location) throws IOException {
    IOException last = null;
    for (var path : location.candidates()) {
      try {
        return SocketChannel.open(UnixDomainSocketAddress.of(path));
      } catch (IOException e) {
        last = e;
      }
    }
    throw new IOException(
        "no node answers at %s: start one with tailjar run, or name its socket with --socket or TAILSCALE_SOCKET"
            .formatted(location.preferred()),
        last);
  }
}
