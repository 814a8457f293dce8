package org.tailjar.magicsock;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
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
  private final UdpReceiver first;
  private final List<PathsQueue> queues = new ArrayList<>();

  private StaticPaths(UdpSockets sockets) {
    this.sockets = sockets;
    List<UdpQueue> receiving = sockets.queues();
    first = receiver(receiving.getFirst());
    queues.add(this);
    receiving.stream().skip(1).map(StaticPaths::receiver).forEach(queues::add);
  }

  private static UdpReceiver receiver(UdpQueue queue) {
    return new UdpReceiver(queue, (from, kind, bytes) -> {});
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
    return open(port, mark, offloads, 1);
  }

  /**
   * As {@link #open(int, int)}.
   *
   * @param queues how many {@link #queues} are wanted; there is one where the kernel cannot share
   *     out what comes
   * @throws LinuxException when there is no UDP at all
   */
  public static StaticPaths open(int port, int mark, UdpOffloads offloads, int queues)
      throws LinuxException {
    return new StaticPaths(UdpSockets.open(port, mark, offloads, queues));
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
    return first.receive(into, deadlineNanos);
  }

  @Override
  public List<PathsQueue> queues() {
    return List.copyOf(queues);
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
    first.wake();
  }

  @Override
  public void close() {
    sockets.close();
  }
}
