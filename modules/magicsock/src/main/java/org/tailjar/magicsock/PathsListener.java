package org.tailjar.magicsock;

/** Hears of what is to be told to others. Called on virtual threads, one call at a time. */
@FunctionalInterface
public interface PathsListener {

  /** How this node can be reached has changed. */
  void changed(LocalPaths paths);

  /** The home relay has connected or disconnected. */
  default void homeRelayConnected(boolean connected) {}

  /**
   * The relay says what is wrong with this node's connection.
   *
   * @param problem empty when nothing is any more
   */
  default void relayHealth(String problem) {}
}
