package org.tailjar.derp;

import org.tailjar.crypto.NodePublicKey;

/**
 * What happens to the connections to relays, packets aside. Called on the connections' own threads;
 * must not wait.
 */
public interface DerpListener {

  /** Hears nothing. */
  DerpListener NONE = new DerpListener() {};

  /** The server of a region has accepted this node. */
  default void connected(int regionId) {}

  /**
   * An attempt to connect failed, or a connection ended.
   *
   * @param reason one sentence
   */
  default void disconnected(int regionId, String reason) {}

  /**
   * A peer that was sent to is not connected to the region.
   *
   * @param notHere true when it never was, false when it has just disconnected
   */
  default void peerGone(int regionId, NodePublicKey peer, boolean notHere) {}

  /**
   * The server says what is wrong with this node's connection.
   *
   * @param problem empty when nothing is any more
   */
  default void health(int regionId, String problem) {}
}
