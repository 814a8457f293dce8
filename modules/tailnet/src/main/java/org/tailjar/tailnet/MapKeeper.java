package org.tailjar.tailnet;

import io.avaje.json.JsonException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

/**
 * Saves the latest network map, and the DISCO key of its time, on a thread of its own, at most once
 * in {@link #INTERVAL}: a busy tailnet changes its map many times a second, and a disk is slow.
 */
final class MapKeeper {

  static final Duration INTERVAL = Duration.ofSeconds(2);

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");

  private static final Duration RETRY = Duration.ofSeconds(30);

  /**
   * A map of an earlier life.
   *
   * @param savedAt when
   * @param formerDiscoKey the DISCO key of this node at that time, if it is known
   */
  record Kept(NetworkMap map, Instant savedAt, Optional<DiscoPrivateKey> formerDiscoKey) {}

  private final StateStore store;
  private final DiscoPrivateKey discoKey;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile @Nullable NetworkMap latest;
  private boolean failing;
  private boolean discoKeySaved;

  /**
   * Keeps nothing yet.
   *
   * @param discoKey the key that the server tells peers of while it sends the maps to be kept
   */
  MapKeeper(StateStore store, DiscoPrivateKey discoKey) {
    this.store = store;
    this.discoKey = discoKey;
    thread = Thread.ofVirtual().name("map-keeper").start(this::run);
  }

  /**
   * The map that was saved for this very node. Empty when there is none, and, after a warning, when
   * it is damaged or of another node: one of another server or of an earlier registration has
   * another node key.
   */
  static Optional<Kept> load(StateStore store, NodeIdentity identity) {
    if (!identity.registered()) {
      return Optional.empty();
    }
    try {
      Optional<StateStore.SavedMap> saved = store.loadMap();
      if (saved.isEmpty()) {
        return Optional.empty();
      }
      NetworkMap map = NetworkMap.fromJson(saved.get().json());
      if (map.self().key().equals(identity.nodeKey().publicKey())) {
        return Optional.of(new Kept(map, saved.get().savedAt(), discoKey(store)));
      }
      LOG.log(Level.WARNING, "the saved network map is of another node key and is not used");
    } catch (IOException | MalformedException e) {
      LOG.log(
          Level.WARNING,
          "the saved network map cannot be read and is not used: {0}",
          e.getMessage());
    }
    return Optional.empty();
  }

  /** Without it there is still the way by relays. */
  private static Optional<DiscoPrivateKey> discoKey(StateStore store) {
    try {
      return store.loadDiscoKey();
    } catch (IOException | MalformedException e) {
      LOG.log(
          Level.WARNING, "the saved DISCO key cannot be read and is not used: {0}", e.getMessage());
      return Optional.empty();
    }
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
    @Nullable NetworkMap done = null;
    while (true) {
      boolean last = closing.getCount() == 0;
      NetworkMap map = latest;
      if (map != null && map != done) {
        if (save(map)) {
          done = map;
        }
        pause(failing ? RETRY : INTERVAL);
      }
      if (last) {
        return;
      }
      NetworkMap newest = latest;
      if ((newest == null || newest == done) && closing.getCount() > 0) {
        LockSupport.park(this);
      }
    }
  }

  /** False when it may succeed later. */
  private boolean save(NetworkMap map) {
    try {
      if (!discoKeySaved) {
        store.saveDiscoKey(discoKey);
        discoKeySaved = true;
      }
      store.saveMap(map.toJson());
      if (failing) {
        LOG.log(Level.INFO, "the network map is saved again");
      }
      failing = false;
      return true;
    } catch (IOException | JsonException e) {
      if (!failing) {
        LOG.log(Level.WARNING, "the network map cannot be saved: {0}", e.getMessage());
      }
      failing = true;
      return e instanceof JsonException;
    }
  }

  /** Not a park, which the next map would end. */
  private void pause(Duration time) {
    try {
      closing.await(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Saves what is not saved yet, and ends; waits for that for a second, or until the deadline. */
  void close(Deadline deadline) {
    closing.countDown();
    LockSupport.unpark(thread);
    Deadline.in(deadline.atMost(Duration.ofSeconds(1))).join(thread);
  }
}
