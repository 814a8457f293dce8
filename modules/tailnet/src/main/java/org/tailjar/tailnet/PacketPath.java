package org.tailjar.tailnet;

import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.dataplane.DataPlane;
import org.tailjar.dataplane.PeerTable;
import org.tailjar.dataplane.ServiceTurn;
import org.tailjar.dataplane.Statistics;
import org.tailjar.filter.PacketFilter;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Node;
import org.tailjar.linux.BatchScheduling;
import org.tailjar.magicsock.Endpoint;
import org.tailjar.magicsock.LocalPaths;
import org.tailjar.magicsock.Magicsock;
import org.tailjar.magicsock.PathConfig;
import org.tailjar.magicsock.PathLosses;
import org.tailjar.magicsock.PathPing;
import org.tailjar.magicsock.PeerPathStatus;
import org.tailjar.packet.PacketDevice;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.Timings;
import org.tailjar.wireguard.WireGuard;

/**
 * Everything that depends on the node key: WireGuard, the paths with their sockets and relay
 * connections, and the threads that move packets. Made anew when the key changes or a thread fails;
 * the packet device outlives it.
 */
final class PacketPath {

  private final Magicsock magicsock;
  private final DataPlane dataPlane;
  private final boolean acceptRoutes;

  /** The DISCO keys of the peers by the last map. */
  private Map<NodePublicKey, DiscoPublicKey> discoKeys = Map.of();

  /**
   * Starts the threads; nothing passes before {@link #apply}.
   *
   * @param magicsock made for this node key; closed with this packet path
   * @param onFailure told once when the threads have ended because the device or the sockets work
   *     no more
   */
  PacketPath(
      PacketDevice device,
      Magicsock magicsock,
      NodePrivateKey key,
      Aead aead,
      boolean acceptRoutes,
      Consumer<Throwable> onFailure) {
    this.magicsock = magicsock;
    this.acceptRoutes = acceptRoutes;
    WireGuard wireGuard =
        new WireGuard(key, aead, Timings.STANDARD, InstantSource.system(), new SecureRandom());
    dataPlane = new DataPlane(device, magicsock, wireGuard, aead, onFailure);
    // Where that is not allowed, packets come in smaller batches.
    dataPlane.start(BatchScheduling::enter);
  }

  /** Swaps in what a network map says; not by two threads at once. */
  void apply(NetworkMap map, Instant now) {
    List<Node> usable =
        map.peers().stream().filter(peer -> MapTranslation.isUsable(map, peer, now)).toList();
    List<PathConfig.Peer> ways = usable.stream().map(MapTranslation::path).toList();
    magicsock.apply(new PathConfig(ways, MapTranslation.relays(map.derpMap())));
    List<PeerTable.Entry> entries = new ArrayList<>();
    for (Node peer : usable) {
      Endpoint endpoint = magicsock.endpoint(peer.key());
      if (endpoint != null) {
        entries.add(
            new PeerTable.Entry(
                peer.key(), MapTranslation.allowedIps(peer, acceptRoutes), endpoint));
      }
    }
    dataPlane.apply(
        new PeerTable(
            entries,
            PacketFilter.compile(
                MapTranslation.rules(map.packetFilter()),
                MapTranslation.prefixes(map.self().addresses()))));
    renewSessions(ways);
  }

  /**
   * A peer whose DISCO key is another than before has started anew, and knows nothing of the
   * session that there was: without a new one, what is sent to it would be lost for 15 s, after
   * which WireGuard takes notice of its silence.
   */
  private void renewSessions(List<PathConfig.Peer> ways) {
    Map<NodePublicKey, DiscoPublicKey> keys = new HashMap<>();
    for (PathConfig.Peer way : ways) {
      DiscoPublicKey before = discoKeys.getOrDefault(way.key(), DiscoPublicKey.ZERO);
      keys.put(way.key(), way.discoKey());
      if (!before.isZero() && !before.equals(way.discoKey())) {
        dataPlane.renew(way.key());
      }
    }
    discoKeys = keys;
  }

  /** Has a service of this process answer to its own system, or none. */
  void serve(Optional<ServiceTurn> turn) {
    dataPlane.serve(turn.orElse(null));
  }

  /** The tunnel to a peer, null when there is none. */
  @Nullable Peer tunnel(NodePublicKey key) {
    return dataPlane.peer(key);
  }

  /** How packets get to a peer. */
  Optional<PeerPathStatus> way(NodePublicKey key) {
    return magicsock.status(key);
  }

  /** Pings a peer by DISCO, and says what became of it in the node's words. */
  PingResult ping(Node peer, InetAddress address, Duration timeout) throws InterruptedException {
    String name = peer.name();
    try {
      return switch (magicsock.ping(peer.key()).get(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        case PathPing.Direct(var endpoint, var latency) ->
            new PingResult.Direct(address, name, endpoint, latency);
        case PathPing.Relayed(int id, String code, var latency) ->
            new PingResult.Relayed(address, name, id, code, latency);
        case PathPing.NoAnswer() -> new PingResult.Failed(address, name, "no answer");
        case PathPing.UnknownPeer() ->
            new PingResult.Failed(address, name, "there is no path to it at present");
      };
    } catch (TimeoutException e) {
      return new PingResult.Failed(address, name, "no answer");
    } catch (ExecutionException e) {
      return new PingResult.Failed(address, name, String.valueOf(e.getCause().getMessage()));
    }
  }

  /** Looks for the ways to peers anew: this machine can be reached in other ways than before. */
  void networkChanged() {
    magicsock.networkChanged();
  }

  Statistics.Snapshot statistics() {
    return dataPlane.statistics().snapshot();
  }

  /** Unlike the changes that {@link Attachment} is told of, with the latest measurement. */
  LocalPaths localPaths() {
    return magicsock.localPaths();
  }

  PathLosses losses() {
    return magicsock.losses();
  }

  int udpPort() {
    return magicsock.port();
  }

  /**
   * Ends the threads and closes the sockets and relay connections; may be called again.
   *
   * @return whether the threads have ended in that time
   */
  boolean close(Duration longest) {
    boolean ended = dataPlane.close(longest);
    magicsock.close();
    return ended;
  }
}
