package org.tailjar.tailnet;

import io.avaje.json.JsonException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.tailjar.headscale.NetworkMap;

/**
 * Saves the latest network map on a thread of its own, at most once in {@link #INTERVAL}: a busy
 * tailnet changes its map many times a second, and a disk is slow.
 */
final class MapKeeper {

  static final Duration INTERVAL = Duration.ofSeconds(2);

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");

  private final StateStore store;
  private final Thread thread;
  private volatile @Nullable NetworkMap latest;
  private volatile boolean closed;

  MapKeeper(StateStore store) {
    this.store = store;
    thread = Thread.ofVirtual().name("map-keeper").start(this::run);
  }

  /** Has this map saved soon. */
  void keep(NetworkMap map) {
    latest = map;
    LockSupport.unpark(thread);
  }

  /** Forgets a map that is not saved yet; the one that was saved is the store's to forget. */
  void forget() {
    latest = null;
  }

  private void run() {
    @Nullable NetworkMap saved = null;
    boolean failing = false;
    while (true) {
      boolean last = closed;
      NetworkMap map = latest;
      if (map != null && map != saved) {
        try {
          store.saveMap(map.toJson());
          failing = false;
        } catch (IOException | JsonException e) {
          if (!failing) {
            LOG.log(Level.WARNING, "the network map cannot be saved: {0}", e.getMessage());
          }
          failing = true;
        }
        saved = map;
        if (!last) {
          LockSupport.parkNanos(INTERVAL.toNanos());
        }
      }
      if (last) {
        return;
      }
      NetworkMap newest = latest;
      if ((newest == null || newest == saved) && !closed) {
        LockSupport.park(this);
      }
    }
  }

  /** Saves what is not saved yet, and ends; waits for that for a second, or until the deadline. */
  void close(Deadline deadline) {
    closed = true;
    LockSupport.unpark(thread);
    Deadline.in(deadline.atMost(Duration.ofSeconds(1))).join(thread);
  }
}
