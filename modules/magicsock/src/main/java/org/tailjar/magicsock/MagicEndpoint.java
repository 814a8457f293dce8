package org.tailjar.magicsock;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.Relay;
import org.tailjar.derp.Relays;
import org.tailjar.linux.UdpAddress;

/**
 * A peer. Senders see the volatile fields alone; all else belongs to the first RX thread, which
 * publishes the route whenever it has changed.
 */
final class MagicEndpoint implements Endpoint {

  private final NodePublicKey key;
  private final PeerPaths paths;

  /** When a packet was last sent; any thread. */
  volatile long lastSend = Times.NEVER;

  /** Whether the first RX thread is to be told of the next packet; any thread. */
  volatile boolean idle = true;

  private volatile @Nullable Route route;
  private volatile @Nullable DerpPath relay;
  private volatile PeerPathStatus status =
      new PeerPathStatus(Optional.empty(), false, "", Optional.empty(), Optional.empty());

  private DiscoPublicKey discoKey = DiscoPublicKey.ZERO;
  private @Nullable DiscoBoxes box;
  private int homeRegion;
  private int lastRegion;
  private @Nullable InetSocketAddress plainAddress;
  private final Map<Integer, DerpPath> relayPaths = new HashMap<>();
  private @Nullable DerpPath lastArrival;

  /** When the first RX thread is to look at this peer again. */
  long deadline = Times.NONE;

  /**
   * A peer of which nothing is known but its key.
   *
   * @param paths makes the state machine for its direct paths
   */
  MagicEndpoint(NodePublicKey key, Function<MagicEndpoint, PeerPaths> paths) {
    this.key = key;
    this.paths = paths.apply(this);
  }

  @Override
  public NodePublicKey key() {
    return key;
  }

  PeerPaths paths() {
    return paths;
  }

  @Nullable Route route() {
    return route;
  }

  /** The relay of the peer, whether packets go by it or not; any thread. */
  @Nullable DerpPath relay() {
    return relay;
  }

  /** How the peer is reached now; any thread. */
  PeerPathStatus status(long now) {
    long sent = lastSend;
    return sent == Times.NEVER
        ? status
        : status.withSinceLastSend(Duration.ofNanos(Math.max(0, now - sent)));
  }

  DiscoPublicKey discoKey() {
    return discoKey;
  }

  /** The boxes to this peer; null when it does no DISCO. */
  @Nullable DiscoBoxes box() {
    return box;
  }

  /** Takes what the network map says; the route is to be published afterwards. */
  void apply(
      PathConfig.Peer config, DiscoPrivateKey own, @Nullable DiscoPrivateKey formerOwn, long now) {
    if (!config.discoKey().equals(discoKey)) {
      discoKey = config.discoKey();
      box = discoKey.isZero() ? null : new DiscoBoxes(own, formerOwn, discoKey);
      // Another key means that the peer has started anew and knows nothing of our paths.
      paths.reset();
      idle = true;
    }
    homeRegion = config.homeRegion();
    // The relays may have changed as well.
    lastArrival = null;
    plainAddress =
        box == null && !config.endpoints().isEmpty() ? config.endpoints().getFirst() : null;
    paths.map(box == null ? List.of() : config.endpoints(), homeRegion != 0, now);
  }

  /** The path by a region; null when there is no such region. */
  @Nullable DerpPath relayPath(int regionId, Relays relays) {
    if (regionId == 0) {
      return null;
    }
    DerpPath known = relayPaths.get(regionId);
    Relay relay = relays.relay(regionId);
    if (relay == null) {
      relayPaths.remove(regionId);
      return null;
    }
    if (known == null || known.relay() != relay) {
      known = new DerpPath(relay, key);
      relayPaths.put(regionId, known);
    }
    return known;
  }

  /** The path by the region that a packet came by; finds the same one again without allocating. */
  @Nullable DerpPath arrivalPath(int regionId, Relays relays) {
    DerpPath recent = lastArrival;
    if (recent == null || recent.relay().regionId() != regionId) {
      recent = relayPath(regionId, relays);
      lastArrival = recent;
    }
    return recent;
  }

  /** The path by the home region, else by the region that the peer was last heard from. */
  @Nullable DerpPath relayPath(Relays relays) {
    DerpPath home = relayPath(homeRegion, relays);
    return home != null ? home : relayPath(lastRegion, relays);
  }

  /** A packet of this peer came by a region; true when that gives a first way to it. */
  boolean heardFrom(int regionId) {
    boolean news = lastRegion != regionId;
    lastRegion = regionId;
    return news && route == null;
  }

  /** The peer is not at a region. */
  void notAt(int regionId) {
    if (lastRegion == regionId) {
      lastRegion = 0;
    }
  }

  /** Whether this is a plain WireGuard peer whose packets go to another address. */
  boolean isElsewhere(UdpPath path) {
    return box == null && !path.socketAddress().equals(plainAddress);
  }

  /** A plain WireGuard peer was heard from an address: packets to it go there from now on. */
  void roamed(InetSocketAddress from) {
    plainAddress = from;
  }

  /**
   * Works out the route and shows it to the senders.
   *
   * @return whether it is another
   */
  boolean publish(UdpPathTable udpPaths, Relays relays, long now) {
    InetSocketAddress best = box == null ? plainAddress : paths.best();
    boolean trusted = box == null ? best != null : paths.trusted(now);
    DerpPath through = relayPath(relays);
    relay = through;
    Route next = null;
    if (best != null) {
      UdpPath direct = udpPaths.find(UdpAddress.of(best));
      udpPaths.owned(direct, this);
      next = new Route(direct, trusted ? null : through);
    } else if (through != null) {
      next = new Route(through, null);
    }
    Route before = route;
    boolean same =
        next == null
            ? before == null
            : before != null && next.first() == before.first() && next.second() == before.second();
    if (!same) {
      route = next;
    }
    // After the route: who sees a status finds the route that it speaks of.
    status =
        new PeerPathStatus(
            Optional.ofNullable(best),
            trusted,
            through == null ? "" : through.relay().regionCode(),
            best == null || box == null
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(paths.bestLatency())),
            Optional.empty());
    return !same;
  }

  @Override
  public String toString() {
    return "peer " + key.text();
  }
}
