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

  /** The path that the last packet of each TX thread went by; that thread's alone. */
  private final @Nullable Path[] lastPaths;

  /** The path that an RX thread beside the first told the first of last, and when. */
  private volatile @Nullable Path confirmedPath;

  private volatile long confirmedAt;

  PeerLink(NodePublicKey key, Endpoint endpoint, int mtu, Staging staging, int transmitters) {
    this.key = key;
    this.endpoint = endpoint;
    staged = new StagedPackets(mtu, staging);
    lastPaths = new Path[transmitters];
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

  boolean wasConfirmed(Path path, long since) {
    return confirmedPath == path && confirmedAt - since >= 0;
  }

  void confirmed(Path path, long now) {
    confirmedAt = now;
    confirmedPath = path;
  }

  @Nullable Path lastPath(int transmitter) {
    return lastPaths[transmitter];
  }

  void lastPath(int transmitter, Path path) {
    lastPaths[transmitter] = path;
  }
}
