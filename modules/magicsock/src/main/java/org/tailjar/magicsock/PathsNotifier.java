package org.tailjar.magicsock;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpListener;

/**
 * Tells the {@link PathsListener} of changes, one call at a time and never on the first RX thread,
 * and takes what the relays tell. Thread-safe.
 */
final class PathsNotifier implements DerpListener {

  private final PathsListener listener;
  private final Supplier<LocalPaths> local;
  private final ObjIntConsumer<NodePublicKey> gone;
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * Tells one listener.
   *
   * @param local what is known now
   * @param gone takes a peer and the region that it is not at
   */
  PathsNotifier(
      PathsListener listener, Supplier<LocalPaths> local, ObjIntConsumer<NodePublicKey> gone) {
    this.listener = listener;
    this.local = local;
    this.gone = gone;
  }

  /** Has the listener told of the newest local paths, soon. */
  void changed() {
    Thread.ofVirtual()
        .name("paths-listener")
        // The newest, whichever change this thread was started for.
        .start(() -> tell(() -> listener.changed(local.get())));
  }

  @Override
  public void connected(int regionId) {
    if (local.get().homeRegion() == regionId) {
      tell(() -> listener.homeRelayConnected(true));
    }
  }

  @Override
  public void disconnected(int regionId, String reason) {
    if (local.get().homeRegion() == regionId) {
      tell(() -> listener.homeRelayConnected(false));
    }
  }

  @Override
  public void peerGone(int regionId, NodePublicKey peer, boolean notHere) {
    gone.accept(peer, regionId);
  }

  @Override
  public void health(int regionId, String problem) {
    tell(() -> listener.relayHealth(problem));
  }

  private void tell(Runnable call) {
    lock.lock();
    try {
      call.run();
    } finally {
      lock.unlock();
    }
  }
}
