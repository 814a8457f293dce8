package org.tailjar.magicsock;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.Relays;
import org.tailjar.linux.SendResult;
import org.tailjar.linux.UdpAddress;

/**
 * DISCO messages in and out: opens what arrives and hands it to the peer's {@link PeerPaths}, seals
 * what these want sent, and keeps the pings that people ask for. Owned by the first RX thread.
 */
final class DiscoTraffic {

  private static final Logger LOG = System.getLogger(Magicsock.LOGGER);

  /** How a relayed ping's source is written: this address, the region's number as the port. */
  private static final byte[] RELAY_ADDRESS = {127, 3, 3, 40};

  private record AskedPing(
      CompletableFuture<PathPing> result,
      @Nullable InetSocketAddress to,
      @Nullable DerpPath relay,
      long at) {}

  private final NodePublicKey ownKey;
  private final RandomGenerator random;
  private final PeerTable peers;
  private final UdpSockets sockets;
  private final Relays relays;
  private final SelfDiscovery self;
  private final Map<TransactionId, AskedPing> asked = new HashMap<>();
  private final Set<MagicEndpoint> waitingForEndpoints = new LinkedHashSet<>();

  DiscoTraffic(
      NodePublicKey ownKey,
      RandomGenerator random,
      PeerTable peers,
      UdpSockets sockets,
      Relays relays,
      SelfDiscovery self) {
    this.ownKey = ownKey;
    this.random = random;
    this.peers = peers;
    this.sockets = sockets;
    this.relays = relays;
    this.self = self;
  }

  /**
   * Takes a packet that came by UDP.
   *
   * @return the peer whose paths may have changed; null when there is none
   */
  @Nullable MagicEndpoint received(UdpPath from, byte[] packet, long now) {
    List<MagicEndpoint> senders = senders(packet);
    return switch (open(senders, packet)) {
      case Disco.Ping ping -> pinged(senders, ping, from, now);
      case Disco.Pong pong -> ponged(senders, pong, now);
      // Endpoints are taken from nobody but the owner of a relay's connection.
      case Disco.CallMeMaybe _ -> null;
      case null -> null;
    };
  }

  /** Takes a packet that came by a relay, see above. */
  @Nullable MagicEndpoint received(int regionId, MagicEndpoint source, byte[] packet, long now) {
    DiscoPublicKey sender = DiscoBox.sender(packet);
    if (sender == null || !sender.equals(source.discoKey())) {
      return null;
    }
    List<MagicEndpoint> senders = List.of(source);
    return switch (open(senders, packet)) {
      case Disco.Ping ping -> {
        InetSocketAddress seen = WireAddress.of(RELAY_ADDRESS, regionId);
        DerpPath back = source.relayPath(regionId, relays);
        DiscoBoxes boxes = source.box();
        if (back != null && boxes != null) {
          back.send(boxes.sealAnswer(new Disco.Pong(ping.id(), seen)));
        }
        yield null;
      }
      case Disco.Pong pong -> ponged(senders, pong, now);
      case Disco.CallMeMaybe call -> {
        LOG.log(Level.DEBUG, "{0} asks to be called at {1}", source, call.endpoints());
        source.paths().callMeMaybe(call.endpoints(), now);
        yield source;
      }
      case null -> null;
    };
  }

  /** Sends what the state machine of a peer wants sent. */
  PeerPaths.Actions actions(MagicEndpoint peer) {
    return new PeerPaths.Actions() {
      @Override
      public void ping(InetSocketAddress to, TransactionId id) {
        if (send(peer, to, new Disco.Ping(id, ownKey)) == SendResult.UNREACHABLE) {
          peer.paths().sendFailed(to, Magicsock.clock());
        }
      }

      @Override
      public void callMeMaybe() {
        tellEndpoints(peer, Magicsock.clock());
      }
    };
  }

  /** Tells a peer by its relay where this node is, once that is known well enough. */
  private void tellEndpoints(MagicEndpoint peer, long now) {
    if (self.isFresh(now)) {
      sendCallMeMaybe(peer);
    } else {
      waitingForEndpoints.add(peer);
      self.start(now);
    }
  }

  /** Sends what waited for fresh endpoints, and ends pings that nobody answered. */
  long advance(long now) {
    if (!waitingForEndpoints.isEmpty() && self.isFresh(now)) {
      waitingForEndpoints.forEach(this::sendCallMeMaybe);
      waitingForEndpoints.clear();
    }
    long next = Times.NONE;
    for (Iterator<AskedPing> pings = asked.values().iterator(); pings.hasNext(); ) {
      AskedPing ping = pings.next();
      if (now - ping.at >= Times.PING_TIMEOUT) {
        pings.remove();
        ping.result.complete(new PathPing.NoAnswer());
      } else {
        next = Math.min(next, ping.at + Times.PING_TIMEOUT);
      }
    }
    return next;
  }

  /** Pings for a person: by the direct path, and by the relay while that one is not trusted. */
  void ask(MagicEndpoint peer, CompletableFuture<PathPing> result, long now) {
    if (peer.box() == null) {
      result.complete(new PathPing.UnknownPeer());
      return;
    }
    InetSocketAddress best = peer.paths().best();
    boolean any = false;
    if (best != null) {
      TransactionId id = TransactionId.random(random);
      asked.put(id, new AskedPing(result, best, null, now));
      send(peer, best, new Disco.Ping(id, ownKey));
      any = true;
    }
    DerpPath relay = peer.relayPath(relays);
    if (relay != null && !peer.paths().trusted(now)) {
      TransactionId id = TransactionId.random(random);
      asked.put(id, new AskedPing(result, null, relay, now));
      send(relay, peer, new Disco.Ping(id, ownKey));
      any = true;
    }
    if (!any) {
      result.complete(new PathPing.NoAnswer());
    }
  }

  private List<MagicEndpoint> senders(byte[] packet) {
    DiscoPublicKey sender = DiscoBox.sender(packet);
    return sender == null ? List.of() : peers.peers(sender);
  }

  private static @Nullable Disco open(List<MagicEndpoint> senders, byte[] packet) {
    Disco message = null;
    // By all of them: each is to notice which key of this node the peer knows.
    for (MagicEndpoint sender : senders) {
      DiscoBoxes boxes = sender.box();
      message = boxes == null ? null : boxes.open(packet);
      if (message == null) {
        return null;
      }
    }
    return message;
  }

  private @Nullable MagicEndpoint pinged(
      List<MagicEndpoint> senders, Disco.Ping ping, UdpPath from, long now) {
    MagicEndpoint peer = senders.getFirst();
    if (ping.node() != null) {
      peer = peers.peer(ping.node());
      if (peer == null || !senders.contains(peer)) {
        return null;
      }
    }
    if (!peer.paths().pinged(from.socketAddress(), ping.id(), now)) {
      return null;
    }
    sockets.paths().owned(from, peer);
    DiscoBoxes boxes = peer.box();
    if (boxes != null) {
      sockets.send(
          from.address(), boxes.sealAnswer(new Disco.Pong(ping.id(), from.socketAddress())));
    }
    return peer;
  }

  private @Nullable MagicEndpoint ponged(List<MagicEndpoint> senders, Disco.Pong pong, long now) {
    AskedPing ping = asked.remove(pong.id());
    if (ping != null) {
      Duration latency = Duration.ofNanos(now - ping.at);
      if (ping.to != null) {
        ping.result.complete(new PathPing.Direct(ping.to, latency));
      } else if (ping.relay != null) {
        ping.result.complete(
            new PathPing.Relayed(
                ping.relay.relay().regionId(), ping.relay.relay().regionCode(), latency));
      }
      return null;
    }
    for (MagicEndpoint peer : senders) {
      if (peer.paths().pong(pong.id(), now)) {
        return peer;
      }
    }
    return null;
  }

  private void sendCallMeMaybe(MagicEndpoint peer) {
    List<InetSocketAddress> endpoints =
        self.local().endpoints().stream().map(LocalEndpoint::address).toList();
    if (!endpoints.isEmpty()) {
      send(peer.relayPath(relays), peer, new Disco.CallMeMaybe(endpoints));
    }
  }

  private SendResult send(MagicEndpoint peer, InetSocketAddress to, Disco message) {
    SendResult result = SendResult.UNREACHABLE;
    DiscoBoxes boxes = peer.box();
    if (boxes != null) {
      for (byte[] packet : boxes.seal(message)) {
        result = sockets.send(UdpAddress.of(to), packet);
      }
    }
    return result;
  }

  private static void send(@Nullable DerpPath path, MagicEndpoint peer, Disco message) {
    DiscoBoxes boxes = peer.box();
    if (path != null && boxes != null) {
      boxes.seal(message).forEach(path::send);
    }
  }
}
