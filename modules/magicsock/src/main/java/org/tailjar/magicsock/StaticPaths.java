package org.tailjar.magicsock;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.UdpAddress;
import org.tailjar.linux.UdpOffloads;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

/**
 * Paths of plain WireGuard: each peer has one UDP address, which follows the peer when it roams
 * (WireGuard paper 2.1). No relays, no discovery.
 */
public final class StaticPaths implements Paths {

  private static final class StaticPeer implements Endpoint {
    private final NodePublicKey key;
    private volatile @Nullable Route route;

    private StaticPeer(NodePublicKey key) {
      this.key = key;
    }

    @Override
    public NodePublicKey key() {
      return key;
    }
  }

  private final UdpSockets sockets;
  private volatile boolean woken;
  private volatile boolean closed;

  private StaticPaths(UdpSockets sockets) {
    this.sockets = sockets;
  }

  /**
   * Opens the sockets.
   *
   * @param port the wanted UDP port, 0 for any
   * @param mark firewall mark of all that is sent, 0 for none
   * @throws LinuxException when there is no UDP at all
   */
  public static StaticPaths open(int port, int mark) throws LinuxException {
    return open(port, mark, UdpOffloads.ALL);
  }

  /**
   * As {@link #open(int, int)}.
   *
   * @param offloads those that may be used, where the kernel has them
   * @throws LinuxException when there is no UDP at all
   */
  public static StaticPaths open(int port, int mark, UdpOffloads offloads) throws LinuxException {
    return new StaticPaths(UdpSockets.open(port, mark, offloads));
  }

  /** The local UDP port. */
  public int port() {
    return sockets.port();
  }

  /**
   * A peer.
   *
   * @param address where it is; null until it has sent something
   */
  public Endpoint add(NodePublicKey key, @Nullable InetSocketAddress address) {
    StaticPeer peer = new StaticPeer(key);
    if (address != null) {
      peer.route = new Route(new UdpPath(UdpAddress.of(address)), null);
    }
    return peer;
  }

  @Override
  public boolean receive(Batch into, long deadlineNanos) throws IOException {
    while (!closed) {
      if (sockets.receive(into, (from, kind, bytes) -> {})) {
        return true;
      }
      if (woken) {
        woken = false;
        return false;
      }
      long left = deadlineNanos - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      sockets.await(left);
    }
    throw new IOException("the paths are closed");
  }

  @Override
  public void confirmed(Endpoint peer, Path path) {
    StaticPeer known = (StaticPeer) peer;
    Route route = known.route;
    if (path instanceof UdpPath from
        && (route == null || !((UdpPath) route.first()).address().equals(from.address()))) {
      known.route = new Route(from, null);
    }
  }

  @Override
  public @Nullable Route route(Endpoint peer) {
    return ((StaticPeer) peer).route;
  }

  @Override
  public void send(Path path, Batch batch) {
    if (batch.count() > 0) {
      sockets.send(((UdpPath) path).address(), batch);
    }
  }

  @Override
  public void wake() {
    woken = true;
    sockets.wake();
  }

  @Override
  public void close() {
    closed = true;
    sockets.close();
  }
}
