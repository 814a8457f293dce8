package org.tailjar.magicsock;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpMap;
import org.tailjar.derp.Relays;
import org.tailjar.linux.UdpAddress;

/**
 * How paths to the peers are found and kept: hands what arrives and the time to the state machines
 * ({@link PeerPaths} of each peer, {@link SelfDiscovery}, {@link DiscoTraffic}) and shows senders
 * the route of each peer that may have changed. Owns these and the table of peers; belongs to the
 * first RX thread, but for {@link #local} and {@link #newEndpoint}. Times as in {@link Times}.
 */
final class PathDiscovery {

  private static final Logger LOG = System.getLogger(Magicsock.LOGGER);

  private final DiscoPrivateKey discoKey;
  private final @Nullable DiscoPrivateKey formerDiscoKey;
  private final RandomGenerator random = new SecureRandom();
  private final UdpSockets sockets;
  private final Relays relays;
  private final PeerTable peers;
  private final Inbox inbox;
  private final Runnable changed;
  private final SelfDiscovery self;
  private final DiscoTraffic disco;
  private long deadline;
  private Set<InetSocketAddress> interfaces = Set.of();

  /**
   * Nothing known yet.
   *
   * @param peers to be filled by {@link #apply}
   * @param changed is run after every change of {@link #local}
   */
  PathDiscovery(
      MagicsockConfig config,
      UdpSockets sockets,
      Relays relays,
      PeerTable peers,
      Inbox inbox,
      Runnable changed) {
    discoKey = config.discoKey();
    formerDiscoKey = config.formerDiscoKey().orElse(null);
    this.sockets = sockets;
    this.relays = relays;
    this.peers = peers;
    this.inbox = inbox;
    this.changed = changed;
    self =
        new SelfDiscovery(
            random,
            relays,
            sockets,
            config.tunnelInterface(),
            this::sendStun,
            inbox,
            this::localChanged);
    disco = new DiscoTraffic(config.nodeKey(), random, peers, sockets, relays, self);
  }

  /** How this node can be reached, as far as is known; any thread. */
  LocalPaths local() {
    return self.local();
  }

  /** A peer that the next {@link #apply} makes known; any thread. */
  MagicEndpoint newEndpoint(NodePublicKey key) {
    return new MagicEndpoint(key, peer -> new PeerPaths(random, disco.actions(peer)));
  }

  /** Begins to find out where this node is. */
  void start(long now) {
    self.start(now);
  }

  /**
   * Swaps in what the network map says.
   *
   * @param wanted all peers, and what it says of each
   */
  void apply(DerpMap map, Map<MagicEndpoint, PathConfig.Peer> wanted, long now) {
    relays.apply(map);
    self.map(map, now);
    wanted.forEach((peer, wish) -> peer.apply(wish, discoKey, formerDiscoKey, now));
    peers.replace(wanted.keySet());
    sockets.paths().retain(owner -> peers.peer(owner.key()) == owner);
    for (MagicEndpoint peer : wanted.keySet()) {
      refresh(peer, now);
    }
  }

  /** Interfaces, addresses or routes of this machine have changed. */
  void networkChanged(long now) {
    self.networkChanged(now);
    relays.networkChanged();
    doubtAll(now);
  }

  /** Sends pings that a person asked for. */
  void ask(MagicEndpoint peer, CompletableFuture<PathPing> result, long now) {
    disco.ask(peer, result, now);
  }

  /** When to call {@link #advance} at the latest. */
  long deadline() {
    return deadline;
  }

  /** Has the next {@link #advance} look at everything: another time may be nearer now. */
  void lookAgain() {
    deadline = 0;
  }

  /** Does what is due. */
  void advance(long now) {
    if (now < deadline) {
      return;
    }
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
    deadline = Math.min(next, disco.advance(now));
  }

  /** Takes what came by UDP and is not WireGuard. */
  void fromUdp(UdpPath from, Datagrams.Kind kind, byte[] bytes, long now) {
    if (kind == Datagrams.Kind.STUN) {
      Stun.Response response = Stun.parse(bytes);
      if (response != null) {
        self.answer(response, now);
        lookAgain();
      }
    } else {
      MagicEndpoint peer = disco.received(from, bytes, now);
      if (peer != null) {
        refresh(peer, now);
      }
    }
  }

  /** Takes a DISCO packet that came by a relay. */
  void fromRelay(int regionId, MagicEndpoint source, byte[] bytes, long now) {
    source.heardFrom(regionId);
    MagicEndpoint peer = disco.received(regionId, source, bytes, now);
    if (peer != null) {
      refresh(peer, now);
    }
  }

  /** A WireGuard message of a peer was authentic, and came from where it was not known to be. */
  void confirmed(MagicEndpoint peer, UdpPath direct, long now) {
    sockets.paths().owned(direct, peer);
    if (peer.box() == null) {
      peer.roamed(direct.socketAddress());
    } else {
      peer.paths().confirmed(direct.socketAddress(), now);
    }
    refresh(peer, now);
  }

  /** Packets are being sent to a peer that was idle. */
  void activate(MagicEndpoint peer, long now) {
    peer.idle = false;
    if (peer.box() != null && peers.peer(peer.key()) == peer) {
      peer.paths().sending(now);
      refresh(peer, now);
    }
  }

  /** The kernel refused to send to a peer by a path. */
  void sendFailed(MagicEndpoint peer, UdpPath path, long now) {
    peer.paths().sendFailed(path.socketAddress(), now);
    refresh(peer, now);
  }

  /** A relay says that a peer is not there. */
  void peerGone(NodePublicKey key, int regionId, long now) {
    MagicEndpoint peer = peers.peer(key);
    if (peer != null) {
      peer.notAt(regionId);
      refresh(peer, now);
    }
  }

  /** Runs a peer's timers and shows senders its route. */
  void refresh(MagicEndpoint peer, long now) {
    peer.deadline = peer.paths().advance(now, peer.lastSend);
    deadline = Math.min(deadline, peer.deadline);
    if (!peer.paths().active() && !peer.idle) {
      peer.idle = true;
      // A packet sent in this very moment found the peer active still.
      if (now - peer.lastSend < Times.HEARTBEAT) {
        activate(peer, now);
      }
    }
    if (peer.publish(sockets.paths(), relays, now)) {
      LOG.log(Level.DEBUG, "{0} goes by {1}", peer, peer.route());
    }
  }

  private void localChanged(LocalPaths paths) {
    changed.run();
    doubtIfMoved(paths);
  }

  /** With other addresses of its own this node cannot trust the paths that it found before. */
  private void doubtIfMoved(LocalPaths paths) {
    Set<InetSocketAddress> now =
        paths.endpoints().stream()
            .filter(endpoint -> endpoint.kind() == LocalEndpoint.Kind.LOCAL)
            .map(LocalEndpoint::address)
            .collect(Collectors.toSet());
    if (!interfaces.isEmpty() && !now.equals(interfaces)) {
      doubtAll(Magicsock.clock());
    }
    interfaces = now;
  }

  private void doubtAll(long now) {
    for (MagicEndpoint peer : peers.all()) {
      peer.paths().doubt(now);
      refresh(peer, now);
    }
  }

  private void sendStun(InetSocketAddress to, TransactionId id) {
    sockets.send(UdpAddress.of(to), Stun.request(id));
  }
}
