package org.tailjar.tailnet;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.tailjar.crypto.NodePublicKey;

/**
 * Owns the identity of a node that runs, and keeps it: what becomes of it is stored before it is
 * used, since a key that the server knows and we lost would burn a one-shot auth key. Thread-safe.
 */
final class IdentityKeeper {

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");

  private final String server;
  private final StateStore store;
  private volatile NodeIdentity identity;
  private NodePublicKey oldNodeKey = NodePublicKey.ZERO;

  /** What was logged out is saved no more. */
  private boolean left;

  /**
   * Changes nothing yet.
   *
   * @param server the server that a fresh node key is for
   * @param identity what is stored
   */
  IdentityKeeper(String server, StateStore store, NodeIdentity identity) {
    this.server = server;
    this.store = store;
    this.identity = identity;
  }

  /** The identity now. */
  NodeIdentity identity() {
    return identity;
  }

  /**
   * The node key that the server still knows instead of the one in use: named to it, so that the
   * node keeps its addresses and its name. {@link NodePublicKey#ZERO} for none.
   */
  synchronized NodePublicKey oldNodeKey() {
    return oldNodeKey;
  }

  /**
   * The server accepts the node key.
   *
   * @throws IOException if the node has logged out. That a key which is stored is accepted is worth
   *     no outage: where this cannot be saved, the next start finds out.
   */
  synchronized void registered() throws IOException {
    oldNodeKey = NodePublicKey.ZERO;
    if (identity.registered()) {
      return;
    }
    try {
      keep(identity.asRegistered());
    } catch (IOException e) {
      if (left) {
        throw e;
      }
      identity = identity.asRegistered();
      LOG.log(Level.WARNING, "the registration cannot be saved: {0}", Troubles.sentence(e));
    }
  }

  /**
   * The server knows nothing of the node key any more.
   *
   * @throws IOException if this cannot be saved; the identity is the same then
   */
  synchronized void unregistered() throws IOException {
    keep(identity.asUnregistered());
  }

  /**
   * The server wants another node key.
   *
   * @throws IOException if it cannot be saved; the old one is in use then
   */
  synchronized void renewNodeKey() throws IOException {
    if (oldNodeKey.isZero()) {
      oldNodeKey = identity.nodeKey().publicKey();
    }
    keep(identity.withFreshNodeKey(server));
  }

  /**
   * The node has logged out: the next node key is a fresh one, and nothing changes it any more.
   *
   * @throws IOException if it cannot be saved; the identity is the same then
   */
  synchronized void loggedOut() throws IOException {
    keep(identity.withFreshNodeKey(server));
    left = true;
  }

  private void keep(NodeIdentity replacement) throws IOException {
    if (left) {
      throw new IOException("this node has logged out");
    }
    store.save(replacement);
    identity = replacement;
  }
}
