package org.tailjar.dataplane;

import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.magicsock.Endpoint;
import org.tailjar.packet.Path;
import org.tailjar.wireguard.Peer;

/** What the packet path keeps for one peer, from its first table to the last that has it. */
final class PeerLink {

  private final NodePublicKey key;
  private final StagedPackets staged;

  /** Set by whoever applies a table. */
  private volatile Endpoint endpoint;

  /** Set by RX, null until it has added the peer and after it has removed it. */
  private volatile @Nullable Peer peer;

  /** TX alone: the path that the last packet went by. */
  private @Nullable Path lastPath;

  PeerLink(NodePublicKey key, Endpoint endpoint, int mtu, Staging staging) {
    this.key = key;
    this.endpoint = endpoint;
    staged = new StagedPackets(mtu, staging);
  }

  NodePublicKey key() {
    return key;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  void endpoint(Endpoint endpoint) {
    this.endpoint = endpoint;
  }

  StagedPackets staged() {
    return staged;
  }

  @Nullable Peer peer() {
    return peer;
  }

  void peer(@Nullable Peer peer) {
    this.peer = peer;
  }

  @Nullable Path lastPath() {
    return lastPath;
  }

  void lastPath(Path path) {
    lastPath = path;
  }
}
