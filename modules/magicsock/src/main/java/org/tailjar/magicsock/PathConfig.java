package org.tailjar.magicsock;

import java.net.InetSocketAddress;
import java.util.List;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpMap;

/**
 * What the network map says of paths.
 *
 * @param peers all peers
 * @param relays all relays
 */
public record PathConfig(List<Peer> peers, DerpMap relays) {

  /** No peers and no relays. */
  public static final PathConfig EMPTY = new PathConfig(List.of(), DerpMap.EMPTY);

  /** Copies the peers. */
  public PathConfig {
    peers = List.copyOf(peers);
  }

  /**
   * One peer.
   *
   * @param key its node key
   * @param discoKey its key for path discovery; {@link DiscoPublicKey#ZERO} for a plain WireGuard
   *     peer
   * @param homeRegion the DERP region it can be reached by; 0 for none
   * @param endpoints where it may be reached directly
   */
  public record Peer(
      NodePublicKey key,
      DiscoPublicKey discoKey,
      int homeRegion,
      List<InetSocketAddress> endpoints) {

    /** Copies the endpoints. */
    public Peer {
      endpoints = List.copyOf(endpoints);
    }
  }
}
