package org.tailjar.magicsock;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpInput;
import org.tailjar.derp.Relays;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.SendResult;
import org.tailjar.linux.UdpAddress;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

/**
 * The paths to the peers of a tailnet: direct by UDP where DISCO finds a way, by a DERP relay
 * otherwise, and by both while that is not sure.
 *
 * <p>All state of paths belongs to the thread that calls {@link #receive}, the first RX thread; the
 * others reach it by an inbox. {@link #route} and {@link #send} read what that thread published and
 * are cheap enough for every batch.
 */
public final class Magicsock implements Paths {

  static final String LOGGER = "org.tailjar.magicsock";

  private static final Logger LOG = System.getLogger(LOGGER);
  private static final int RELAY_INPUT_PACKETS = 1024;
  private static final int MOST_STRAYED = 64;
  private static final long ORIGIN = System.nanoTime();

  private final DiscoPrivateKey discoKey;

  private final @Nullable DiscoPrivateKey formerDiscoKey;

  private final RandomGenerator random = new SecureRandom();
  private final UdpSockets sockets;

  /** Where the first RX thread receives. */
  private final UdpQueue udp;

  private final List<PathsQueue> queues = new ArrayList<>();
  private final Relays relays;
  private final DerpInput relayRing;
  private final RelayInput relayInput;
  private final SelfDiscovery self;
  private final DiscoTraffic disco;
  private final PeerTable peers = new PeerTable();

  private final Map<NodePublicKey, MagicEndpoint> endpoints = new ConcurrentHashMap<>();
  private final ReentrantLock applying = new ReentrantLock();
  private final ConcurrentLinkedQueue<Runnable> inbox = new ConcurrentLinkedQueue<>();
  private final AtomicInteger strayed = new AtomicInteger();
  private volatile boolean woken;
  private volatile boolean closed;

  // Made once: a method reference is an object each time that it is written down.
  private final UdpQueue.Others udpOthers = this::fromUdp;
  private final RelayInput.Others relayOthers = this::fromRelay;

  private long nextTimer;
  private boolean relayFirst;
  private Set<InetSocketAddress> interfaces = Set.of();

  private Magicsock(MagicsockConfig config, UdpSockets sockets, PathsListener listener) {
    this.discoKey = config.discoKey();
    formerDiscoKey = config.formerDiscoKey().orElse(null);
    this.sockets = sockets;
    udp = sockets.queues().getFirst();
    queues.add(this);
    for (UdpQueue more : sockets.queues().subList(1, sockets.queues().size())) {
      queues.add(new UdpReceiver(more, this::strayed));
    }
    PathsNotifier notifier = new PathsNotifier(listener, this::localPaths, this::peerGone);
    relayRing = new DerpInput(RELAY_INPUT_PACKETS, udp::wake);
    relays = config.relays().create(relayRing, notifier);
    relayInput = new RelayInput(relayRing, peers, relays);
    self =
        new SelfDiscovery(
            random,
            relays,
            sockets,
            config.tunnelInterface(),
            this::sendStun,
            this::post,
            paths -> {
              notifier.changed();
              doubtIfMoved(paths);
            });
    disco = new DiscoTraffic(config.nodeKey(), random, peers, sockets, relays, self);
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
    made.post(() -> made.self.start(clock()));
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
    return self.local();
  }

  /**
   * Swaps in what the network map says. Endpoints of new peers exist when this returns; any thread.
   */
  public void apply(PathConfig config) {
    applying.lock();
    try {
      Map<NodePublicKey, PathConfig.Peer> wanted =
          config.peers().stream()
              .collect(Collectors.toMap(PathConfig.Peer::key, peer -> peer, (a, b) -> b));
      endpoints.keySet().retainAll(wanted.keySet());
      for (NodePublicKey key : wanted.keySet()) {
        endpoints.computeIfAbsent(key, this::newEndpoint);
      }
      List<MagicEndpoint> all = new ArrayList<>(endpoints.values());
      post(() -> applyOnReceiver(config, wanted, all));
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
    MagicEndpoint peer = endpoints.get(key);
    if (peer == null) {
      return Optional.empty();
    }
    PeerPathStatus known = peer.status();
    long sent = peer.lastSend;
    return Optional.of(
        new PeerPathStatus(
            known.direct(),
            known.trusted(),
            known.relayCode(),
            known.latency(),
            sent == Times.NEVER
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(clock() - sent))));
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
    post(() -> disco.ask(peer, result, clock()));
    return result;
  }

  /** Says that interfaces, addresses or routes of this machine have changed; any thread. */
  public void networkChanged() {
    post(
        () -> {
          long now = clock();
          self.networkChanged(now);
          relays.networkChanged();
          doubtAll(now);
        });
  }

  /**
   * What could not be sent by UDP, and what relays delivered too fast, in system calls and packets.
   */
  public PathLosses losses() {
    return new PathLosses(sockets.notSent(), relayRing.dropped(), sockets.ignored());
  }

  @Override
  public boolean receive(Batch into, long deadlineNanos) throws IOException {
    while (!closed) {
      runInbox();
      long now = clock();
      if (now >= nextTimer) {
        advance(now);
      }
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
        udp.await(Math.max(0, Math.min(deadline, nextTimer) - now));
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
      case UdpPath direct when direct.peer() != peer || peer.isElsewhere(direct) -> {
        long now = clock();
        sockets.paths().owned(direct, peer);
        if (peer.box() == null) {
          peer.roamed(direct.socketAddress());
        } else {
          peer.paths().confirmed(direct.socketAddress(), now);
        }
        refresh(peer, now);
      }
      case DerpPath derp when peer.heardFrom(derp.relay().regionId()) -> refresh(peer, clock());
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
      post(() -> activate(peer));
    }
    return peer.route();
  }

  @Override
  public void send(Path path, Batch batch) {
    if (batch.count() == 0) {
      return;
    }
    switch (path) {
      case UdpPath udp -> {
        SendResult result = sockets.send(udp.address(), batch);
        if (result == SendResult.UNREACHABLE && udp.peer() instanceof MagicEndpoint peer) {
          post(() -> sendFailed(peer, udp));
          detour(peer, udp, batch);
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

  // Everything below runs on the first RX thread, but for post, strayed and peerGone.

  private void post(Runnable command) {
    inbox.add(command);
    udp.wake();
  }

  private void runInbox() {
    for (Runnable command = inbox.poll(); command != null; command = inbox.poll()) {
      command.run();
      // A command may have asked for a time nearer than the one that was waited for.
      nextTimer = 0;
    }
  }

  private void advance(long now) {
    boolean anyActive = false;
    long next = Times.NONE;
    for (MagicEndpoint peer : peers.all()) {
      if (now >= peer.deadline) {
        refresh(peer, now);
      }
      next = Math.min(next, peer.deadline);
      anyActive |= peer.paths().active();
    }
    next = Math.min(next, self.advance(now, anyActive));
    nextTimer = Math.min(next, disco.advance(now));
  }

  /** Runs a peer's timers and shows senders its route. */
  private void refresh(MagicEndpoint peer, long now) {
    peer.deadline = peer.paths().advance(now, peer.lastSend);
    nextTimer = Math.min(nextTimer, peer.deadline);
    if (!peer.paths().active() && !peer.idle) {
      peer.idle = true;
      // A packet sent in this very moment found the peer active still.
      if (now - peer.lastSend < Times.HEARTBEAT) {
        activate(peer);
      }
    }
    if (peer.publish(sockets.paths(), relays, now)) {
      LOG.log(Level.DEBUG, "{0} goes by {1}", peer, peer.route());
    }
  }

  private void activate(MagicEndpoint peer) {
    long now = clock();
    peer.idle = false;
    if (peer.box() != null && peers.peer(peer.key()) == peer) {
      peer.paths().sending(now);
      refresh(peer, now);
    }
  }

  /** With other addresses of its own this node cannot trust the paths that it found before. */
  private void doubtIfMoved(LocalPaths paths) {
    Set<InetSocketAddress> now =
        paths.endpoints().stream()
            .filter(endpoint -> endpoint.kind() == LocalEndpoint.Kind.LOCAL)
            .map(LocalEndpoint::address)
            .collect(Collectors.toSet());
    if (!interfaces.isEmpty() && !now.equals(interfaces)) {
      doubtAll(clock());
    }
    interfaces = now;
  }

  private void doubtAll(long now) {
    for (MagicEndpoint peer : peers.all()) {
      peer.paths().doubt(now);
      refresh(peer, now);
    }
  }

  private void sendFailed(MagicEndpoint peer, UdpPath path) {
    long now = clock();
    peer.paths().sendFailed(path.socketAddress(), now);
    refresh(peer, now);
  }

  private void fromUdp(UdpPath from, Datagrams.Kind kind, byte[] bytes) {
    long now = clock();
    if (kind == Datagrams.Kind.STUN) {
      Stun.Response response = Stun.parse(bytes);
      if (response != null) {
        self.answer(response, now);
        nextTimer = 0;
      }
    } else {
      MagicEndpoint peer = disco.received(from, bytes, now);
      if (peer != null) {
        refresh(peer, now);
      }
    }
  }

  /**
   * What is not WireGuard comes by the first queue, but behind a transport message that the kernel
   * merged it with. Such a batch can be forged: no more is kept than is worth it. Any thread.
   */
  private void strayed(UdpPath from, Datagrams.Kind kind, byte[] bytes) {
    if (strayed.incrementAndGet() > MOST_STRAYED) {
      strayed.decrementAndGet();
      return;
    }
    post(
        () -> {
          strayed.decrementAndGet();
          fromUdp(from, kind, bytes);
        });
  }

  private void fromRelay(int regionId, MagicEndpoint source, byte[] bytes) {
    long now = clock();
    source.heardFrom(regionId);
    MagicEndpoint peer = disco.received(regionId, source, bytes, now);
    if (peer != null) {
      refresh(peer, now);
    }
  }

  private void sendStun(InetSocketAddress to, TransactionId id) {
    sockets.send(UdpAddress.of(to), Stun.request(id));
  }

  private MagicEndpoint newEndpoint(NodePublicKey key) {
    // The state machine wants messages sent for a peer that does not exist before it does.
    MagicEndpoint[] made = new MagicEndpoint[1];
    PeerPaths paths =
        new PeerPaths(
            random,
            new PeerPaths.Actions() {
              @Override
              public void ping(InetSocketAddress to, TransactionId id) {
                disco.ping(made[0], to, id, clock());
              }

              @Override
              public void callMeMaybe() {
                disco.callMeMaybe(made[0], clock());
              }
            });
    made[0] = new MagicEndpoint(key, paths);
    return made[0];
  }

  private void applyOnReceiver(
      PathConfig config, Map<NodePublicKey, PathConfig.Peer> wanted, List<MagicEndpoint> all) {
    long now = clock();
    relays.apply(config.relays());
    self.map(config.relays(), now);
    for (MagicEndpoint peer : all) {
      PathConfig.Peer wish = wanted.get(peer.key());
      if (wish != null) {
        peer.apply(wish, discoKey, formerDiscoKey, now);
      }
    }
    peers.replace(all);
    sockets.paths().retain(owner -> endpoints.get(owner.key()) == owner);
    for (MagicEndpoint peer : all) {
      refresh(peer, now);
    }
  }

  private void peerGone(NodePublicKey key, int regionId) {
    post(
        () -> {
          MagicEndpoint peer = peers.peer(key);
          if (peer != null) {
            peer.notAt(regionId);
            refresh(peer, clock());
          }
        });
  }
}
