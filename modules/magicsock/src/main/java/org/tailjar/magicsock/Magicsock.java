package org.tailjar.magicsock;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpInput;
import org.tailjar.derp.Relays;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.SendResult;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

/**
 * The paths to the peers of a tailnet: direct by UDP where DISCO finds a way, by a DERP relay
 * otherwise, and by both while that is not sure.
 *
 * <p>Here is what other threads and the packet path call: what they ask for is handed to the thread
 * that calls {@link #receive}, the first RX thread, by an inbox. To that thread belongs {@link
 * PathDiscovery}, which finds the paths. {@link #route} and {@link #send} read what it published
 * and are cheap enough for every batch.
 */
public final class Magicsock implements Paths {

  static final String LOGGER = "org.tailjar.magicsock";

  private static final int RELAY_INPUT_PACKETS = 1024;
  private static final long ORIGIN = System.nanoTime();

  private final UdpSockets sockets;

  /** Where the first RX thread receives. */
  private final UdpQueue udp;

  private final List<PathsQueue> queues = new ArrayList<>();
  private final Relays relays;
  private final DerpInput relayRing;
  private final RelayInput relayInput;
  private final PathDiscovery discovery;
  private final Inbox inbox;

  /** The peers of the last map, whether the first RX thread has come to know them or not. */
  private final Map<NodePublicKey, MagicEndpoint> endpoints = new ConcurrentHashMap<>();

  private final ReentrantLock applying = new ReentrantLock();
  private volatile boolean woken;
  private volatile boolean closed;

  // Made once: a method reference is an object each time that it is written down.
  private final UdpQueue.Others udpOthers = this::fromUdp;
  private final RelayInput.Others relayOthers = this::fromRelay;

  /** Of the first RX thread. */
  private boolean relayFirst;

  private Magicsock(MagicsockConfig config, UdpSockets sockets, PathsListener listener) {
    this.sockets = sockets;
    udp = sockets.queues().getFirst();
    queues.add(this);
    for (UdpQueue more : sockets.queues().subList(1, sockets.queues().size())) {
      queues.add(new UdpReceiver(more, this::strayed));
    }
    inbox = new Inbox(udp::wake);
    relayRing = new DerpInput(RELAY_INPUT_PACKETS, udp::wake);
    PathsNotifier notifier = new PathsNotifier(listener, this::localPaths, this::peerGone);
    relays = config.relays().create(relayRing, notifier);
    PeerTable peers = new PeerTable();
    relayInput = new RelayInput(relayRing, peers, relays);
    discovery = new PathDiscovery(config, sockets, relays, peers, inbox, notifier::changed);
  }

  /**
   * Opens the sockets and begins to find out where this node is.
   *
   * @throws LinuxException when there is no UDP at all
   */
  public static Magicsock open(MagicsockConfig config, PathsListener listener)
      throws LinuxException {
    UdpSockets sockets =
        UdpSockets.open(config.port(), config.mark(), config.offloads(), config.queues());
    Magicsock made = new Magicsock(config, sockets, listener);
    made.inbox.post(() -> made.discovery.start(clock()));
    return made;
  }

  /** Nanoseconds since the start of the node. */
  static long clock() {
    return System.nanoTime() - ORIGIN;
  }

  /** The local UDP port. */
  public int port() {
    return sockets.port();
  }

  /** How this node can be reached, as far as is known. */
  public LocalPaths localPaths() {
    return discovery.local();
  }

  /**
   * Swaps in what the network map says. Endpoints of new peers exist when this returns; any thread.
   */
  public void apply(PathConfig config) {
    applying.lock();
    try {
      Map<MagicEndpoint, PathConfig.Peer> wanted = new HashMap<>();
      Set<NodePublicKey> keys = new HashSet<>();
      for (PathConfig.Peer peer : config.peers()) {
        keys.add(peer.key());
        wanted.put(endpoints.computeIfAbsent(peer.key(), discovery::newEndpoint), peer);
      }
      endpoints.keySet().retainAll(keys);
      inbox.post(() -> discovery.apply(config.relays(), wanted, clock()));
    } finally {
      applying.unlock();
    }
  }

  /** A peer by its node key; null when it is not in the network map. */
  public @Nullable Endpoint endpoint(NodePublicKey key) {
    return endpoints.get(key);
  }

  /** How a peer is reached now; empty when it is not in the network map. */
  public Optional<PeerPathStatus> status(NodePublicKey key) {
    return Optional.ofNullable(endpoints.get(key)).map(peer -> peer.status(clock()));
  }

  /**
   * Asks a peer for a sign of life, and looks for a direct path to it on the way. Completes within
   * five seconds while a thread calls {@link #receive}; any thread.
   */
  public CompletableFuture<PathPing> ping(NodePublicKey key) {
    CompletableFuture<PathPing> result = new CompletableFuture<>();
    MagicEndpoint peer = endpoints.get(key);
    if (peer == null || closed) {
      result.complete(new PathPing.UnknownPeer());
      return result;
    }
    route(peer);
    inbox.post(() -> discovery.ask(peer, result, clock()));
    return result;
  }

  /** Says that interfaces, addresses or routes of this machine have changed; any thread. */
  public void networkChanged() {
    inbox.post(() -> discovery.networkChanged(clock()));
  }

  /** What was lost on the way; any thread. */
  public PathLosses losses() {
    return new PathLosses(sockets.notSent(), relayRing.dropped(), sockets.ignored());
  }

  @Override
  public boolean receive(Batch into, long deadlineNanos) throws IOException {
    while (!closed) {
      if (inbox.run()) {
        // What ran may have asked for a time nearer than the one that was waited for.
        discovery.lookAgain();
      }
      long now = clock();
      discovery.advance(now);
      if (receiveNow(into)) {
        return true;
      }
      if (woken) {
        woken = false;
        return false;
      }
      if (inbox.isEmpty()) {
        now = clock();
        long deadline = deadlineNanos - ORIGIN;
        if (now >= deadline) {
          return false;
        }
        udp.await(Math.max(0, Math.min(deadline, discovery.deadline()) - now));
      }
    }
    throw new IOException("the paths are closed");
  }

  @Override
  public List<PathsQueue> queues() {
    return List.copyOf(queues);
  }

  /** UDP and relays take turns at being first, so that neither starves the other. */
  private boolean receiveNow(Batch into) throws IOException {
    relayFirst = !relayFirst;
    if (relayFirst) {
      return relayInput.receive(into, relayOthers) || udp.receive(into, udpOthers);
    }
    return udp.receive(into, udpOthers) || relayInput.receive(into, relayOthers);
  }

  @Override
  public void confirmed(Endpoint endpoint, Path path) {
    MagicEndpoint peer = (MagicEndpoint) endpoint;
    switch (path) {
      case UdpPath direct when direct.peer() != peer || peer.isElsewhere(direct) ->
          discovery.confirmed(peer, direct, clock());
      case DerpPath derp when peer.heardFrom(derp.relay().regionId()) ->
          discovery.refresh(peer, clock());
      default -> {
        // As known before.
      }
    }
  }

  @Override
  public @Nullable Route route(Endpoint endpoint) {
    MagicEndpoint peer = (MagicEndpoint) endpoint;
    peer.lastSend = clock();
    if (peer.idle) {
      peer.idle = false;
      inbox.post(() -> discovery.activate(peer, clock()));
    }
    return peer.route();
  }

  @Override
  public void send(Path path, Batch batch) {
    if (batch.count() == 0) {
      return;
    }
    switch (path) {
      case UdpPath direct -> {
        SendResult result = sockets.send(direct.address(), batch);
        if (result == SendResult.UNREACHABLE && direct.peer() instanceof MagicEndpoint peer) {
          inbox.post(() -> discovery.sendFailed(peer, direct, clock()));
          detour(peer, direct, batch);
        }
      }
      case DerpPath derp -> derp.send(batch);
      default -> throw new IllegalArgumentException("not a path of these: " + path);
    }
  }

  /** What the kernel refused goes by the relay, unless the caller sends it there anyway. */
  private static void detour(MagicEndpoint peer, UdpPath refused, Batch batch) {
    Route route = peer.route();
    DerpPath relay = peer.relay();
    if (route != null && route.first() == refused && route.second() == null && relay != null) {
      for (int i = 0; i < batch.count(); i++) {
        relay.relay().send(peer.key(), batch.memory(), batch.offset(i), batch.length(i));
      }
    }
  }

  @Override
  public void wake() {
    woken = true;
    udp.wake();
  }

  @Override
  public void close() {
    closed = true;
    relays.close();
    sockets.close();
  }

  private void fromUdp(UdpPath from, Datagrams.Kind kind, byte[] bytes) {
    discovery.fromUdp(from, kind, bytes, clock());
  }

  private void fromRelay(int regionId, MagicEndpoint source, byte[] bytes) {
    discovery.fromRelay(regionId, source, bytes, clock());
  }

  /**
   * What is not WireGuard comes by the first queue, but behind a transport message that the kernel
   * merged it with. Such a batch can be forged, so no more is kept than is worth it. Any RX thread.
   */
  private void strayed(UdpPath from, Datagrams.Kind kind, byte[] bytes) {
    inbox.offer(() -> fromUdp(from, kind, bytes));
  }

  /** Told by the threads of the relays. */
  private void peerGone(NodePublicKey key, int regionId) {
    inbox.post(() -> discovery.peerGone(key, regionId, clock()));
  }
}
