package org.tailjar.systemtests;

/** What the nodes of a lab join. */
interface ControlServer extends AutoCloseable {

  /** The server URL that nodes are given. */
  String url();

  /** A fresh pre-auth key, with these flags of {@code headscale preauthkeys create}. */
  String key(String... flags);

  /** Number of nodes that the server knows. */
  long nodeCount();

  @Override
  void close();
}
