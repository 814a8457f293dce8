package org.tailjar.tailnet;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import org.tailjar.headscale.ServerUrl;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

/**
 * Settles which identity a node starts with: the one that is kept, one that is taken over, or a new
 * one.
 */
final class StartIdentity {

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");

  private StartIdentity() {}

  /**
   * The identity, which is saved when this returns.
   *
   * @param server the server's URL in its one form
   * @throws StartException when the state cannot be read or written, or when it is empty and there
   *     is no auth key
   */
  static NodeIdentity settle(StateStore store, String server, AuthKeySource authKeys) {
    try {
      Optional<NodeIdentity> kept = store.load();
      NodeIdentity identity =
          kept.isEmpty()
              ? store.takeOver(server).orElseGet(() -> NodeIdentity.generate(server))
              : forServer(store, kept.get(), server);
      // A node that was there before may be logged in by its URL, and its container must not end.
      if (kept.isEmpty() && !identity.registered() && read(authKeys).isEmpty()) {
        throw new StartException(new StartFailure.KeyMissing());
      }
      if (!identity.registered()) {
        // Before the identity: whatever happens in between, no map outlives the node that it is of.
        store.forgetMap();
      }
      if (!kept.equals(Optional.of(identity))) {
        store.save(identity);
      }
      return identity;
    } catch (MalformedException e) {
      throw new StartException(new StartFailure.StateUnreadable(store.place(), e.getMessage()), e);
    } catch (IOException e) {
      throw new StartException(
          new StartFailure.StateDirectoryNotWritable(store.place(), String.valueOf(e.getMessage())),
          e);
    }
  }

  /**
   * The identity for another server than the last one: a URL that is wrong for one start must not
   * cost the node that the right one knows.
   */
  private static NodeIdentity forServer(StateStore store, NodeIdentity kept, String server)
      throws IOException, MalformedException {
    if (isSame(kept.serverUrl(), server)) {
      return kept;
    }
    Optional<NodeIdentity> earlier = store.loadAside(server);
    if (kept.registered()) {
      store.setAside(kept);
    }
    // The map of one server says nothing of the other's tailnet.
    store.forgetMap();
    LOG.log(
        Level.WARNING,
        "the state belongs to {0}; joining {1} as {2}, and that node is kept for when the URL is"
            + " its own again",
        kept.serverUrl(),
        server,
        earlier.isPresent() ? "the node that was there before" : "a new node");
    return earlier.orElseGet(() -> kept.withFreshNodeKey(server));
  }

  private static boolean isSame(String url, String server) {
    try {
      return ServerUrl.parse(url).toString().equals(server);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static Optional<Secret> read(AuthKeySource authKeys) {
    try {
      return authKeys.read();
    } catch (IOException e) {
      throw new StartException(new StartFailure.KeyUnreadable(String.valueOf(e.getMessage())), e);
    }
  }
}
