package org.tailjar.dataplane;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.filter.PacketFilter;
import org.tailjar.packet.IpPrefix;
import org.tailjar.wireguard.AllowedIps;

/**
 * A {@link PeerTable} as the threads use it: swapped as a whole, never changed.
 *
 * @param byKey what is kept for each peer
 * @param allowedIps whose an address is
 * @param filter what comes in
 */
record Links(
    Map<NodePublicKey, PeerLink> byKey, AllowedIps<PeerLink> allowedIps, PacketFilter filter) {

  static final Links EMPTY = new Links(Map.of(), AllowedIps.of(Map.of()), PacketFilter.denyAll());

  /** The links of a new table; those of peers that stay are the same objects. */
  Links next(PeerTable table, int mtu, Staging staging, int transmitters) {
    Map<NodePublicKey, PeerLink> links = new LinkedHashMap<>();
    Map<IpPrefix, PeerLink> prefixes = new LinkedHashMap<>();
    for (PeerTable.Entry entry : table.peers()) {
      PeerLink known = byKey.get(entry.key());
      PeerLink link =
          known != null
              ? known
              : new PeerLink(entry.key(), entry.endpoint(), mtu, staging, transmitters);
      if (links.putIfAbsent(entry.key(), link) == null) {
        link.endpoint(entry.endpoint());
        entry.allowedIps().forEach(prefix -> prefixes.putIfAbsent(prefix, link));
      }
    }
    return new Links(links, AllowedIps.of(prefixes), table.filter());
  }

  /** The links that the other table does not have. */
  List<PeerLink> without(Links other) {
    return byKey.values().stream().filter(link -> other.byKey.get(link.key()) != link).toList();
  }
}
