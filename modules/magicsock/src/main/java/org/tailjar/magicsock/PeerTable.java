package org.tailjar.magicsock;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePublicKey;

/** The peers by their keys. Owned by the first RX thread. */
final class PeerTable {

  private final Map<NodePublicKey, MagicEndpoint> byKey = new HashMap<>();
  private final Map<DiscoPublicKey, List<MagicEndpoint>> byDiscoKey = new HashMap<>();

  /** Replaces all peers; their DISCO keys must be set. */
  void replace(Collection<MagicEndpoint> peers) {
    byKey.clear();
    byDiscoKey.clear();
    for (MagicEndpoint peer : peers) {
      byKey.put(peer.key(), peer);
      if (peer.box() != null) {
        byDiscoKey.computeIfAbsent(peer.discoKey(), key -> new ArrayList<>(1)).add(peer);
      }
    }
  }

  Collection<MagicEndpoint> all() {
    return byKey.values();
  }

  @Nullable MagicEndpoint peer(NodePublicKey key) {
    return byKey.get(key);
  }

  /** All nodes of one machine share its DISCO key, so there may be several. */
  List<MagicEndpoint> peers(DiscoPublicKey key) {
    return byDiscoKey.getOrDefault(key, List.of());
  }
}
