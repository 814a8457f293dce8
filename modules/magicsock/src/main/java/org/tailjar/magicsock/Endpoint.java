package org.tailjar.magicsock;

import org.tailjar.crypto.NodePublicKey;

/**
 * A peer as the packet path names it: one object for each peer, the same as long as the peer is in
 * the network map.
 */
public interface Endpoint {

  /** The peer's node key. */
  NodePublicKey key();
}
