package org.tailjar.dataplane;

import java.util.List;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.filter.PacketFilter;
import org.tailjar.magicsock.Endpoint;
import org.tailjar.packet.IpPrefix;

/**
 * Everything that a network map says to the packet path. Immutable.
 *
 * @param peers the peers; where two have the same prefix, it is the first one's
 * @param filter what they may send
 */
public record PeerTable(List<Entry> peers, PacketFilter filter) {

  /** Before a network map: no peers, and nothing comes in. */
  public static final PeerTable EMPTY = new PeerTable(List.of(), PacketFilter.denyAll());

  /** Copies the list. */
  public PeerTable {
    peers = List.copyOf(peers);
  }

  /**
   * One peer.
   *
   * @param key its node key
   * @param allowedIps addresses that are sent to it, and that it may send from
   * @param endpoint its name among the paths
   */
  public record Entry(NodePublicKey key, List<IpPrefix> allowedIps, Endpoint endpoint) {

    /** Copies the list. */
    public Entry {
      allowedIps = List.copyOf(allowedIps);
    }
  }
}
