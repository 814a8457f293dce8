package org.tailjar.launcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Optional;

/** The health pages at an address. */
final class HealthServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("org.tailjar.launcher");

  private final InetSocketAddress address;
  private final HttpServer server;

  private HealthServer(InetSocketAddress address, HttpServer server) {
    this.address = address;
    this.server = server;
  }

  /**
   * Serves at the address; where that is impossible, says so once, and the node goes on without.
   */
  static Optional<HealthServer> open(InetSocketAddress wanted, HealthPages pages) {
    try {
      var listener = ServerSocketChannel.open();
      try {
        bind(listener, wanted);
        var bound = (InetSocketAddress) listener.getLocalAddress();
        LOG.log(DEBUG, "health pages at " + AddressText.of(bound));
        // Nothing can be changed here, whoever asks.
        var server = HttpServer.serve("health", listener, pages, channel -> false);
        return Optional.of(new HealthServer(bound, server));
      } catch (IOException | UnsupportedAddressTypeException e) {
        listener.close();
        throw e;
      }
    } catch (IOException | UnsupportedAddressTypeException e) {
      LOG.log(
          WARNING,
          "no health pages: %s cannot be used (%s); set TAILSCALE_HEALTH_ADDR"
              .formatted(AddressText.of(wanted), e.getMessage()));
      return Optional.empty();
    }
  }

  private static void bind(ServerSocketChannel listener, InetSocketAddress wanted)
      throws IOException {
    try {
      listener.bind(wanted);
    } catch (UnsupportedAddressTypeException e) {
      // IPv6 is off in this container: "all addresses" are then those of IPv4.
      if (!wanted.getAddress().isAnyLocalAddress()) {
        throw new IOException("IPv6 is disabled", e);
      }
      listener.bind(new InetSocketAddress("0.0.0.0", wanted.getPort()));
    }
  }

  /** Where it serves. */
  InetSocketAddress address() {
    return address;
  }

  @Override
  public void close() {
    server.close();
  }
}
