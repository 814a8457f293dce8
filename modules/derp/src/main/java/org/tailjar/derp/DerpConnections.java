package org.tailjar.derp;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.tailjar.transport.Connection;

/**
 * The clients of all regions of the map: the home region always connected, others opened when they
 * are sent to and closed after a minute without. Thread-safe.
 */
public final class DerpConnections implements Relays {

  private static final Duration IDLE_CHECK = Duration.ofSeconds(15);

  private final DerpConfig config;
  private final DerpInput input;
  private final DerpListener listener;
  private final Map<Integer, DerpClient> clients = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Thread sweeper;
  // Guarded by the lock.
  private DerpMap map = DerpMap.EMPTY;
  private int homeRegion;
  private boolean closed;

  /**
   * No connection yet.
   *
   * @param input where the packets from all regions go
   */
  public DerpConnections(DerpConfig config, DerpInput input, DerpListener listener) {
    this.config = config;
    this.input = input;
    this.listener = listener;
    this.sweeper = Thread.ofVirtual().name("derp-idle").start(this::sweep);
  }

  @Override
  public void apply(DerpMap newMap) {
    lock.lock();
    try {
      map = newMap;
      clients
          .values()
          .removeIf(
              client -> {
                DerpRegion region = newMap.region(client.regionId());
                if (region == null) {
                  client.close();
                  return true;
                }
                client.region(region);
                return false;
              });
      applyHome();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void home(int regionId) {
    lock.lock();
    try {
      homeRegion = regionId;
      applyHome();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public @Nullable Relay relay(int regionId) {
    DerpClient known = clients.get(regionId);
    if (known != null) {
      return known;
    }
    lock.lock();
    try {
      return clientLocked(regionId);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<Duration> measure(DerpRegion region, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    for (DerpNode node : region.nodes()) {
      long start = System.nanoTime();
      if (node.stunOnly() || start - deadline >= 0) {
        continue;
      }
      try (Connection made =
          config
              .dialer()
              .dial(
                  DerpDestinations.of(node, config.plainHttp()),
                  Duration.ofNanos(deadline - start))) {
        long took = System.nanoTime() - start;
        System.getLogger(DerpClient.LOGGER).log(Level.TRACE, "measured {0}", made);
        return Optional.of(Duration.ofNanos(took));
      } catch (IOException e) {
        System.getLogger(DerpClient.LOGGER)
            .log(Level.DEBUG, "relay {0}: {1}", region.code(), e.getMessage());
      }
    }
    return Optional.empty();
  }

  @Override
  public void networkChanged() {
    clients.values().forEach(DerpClient::check);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      clients.values().forEach(DerpClient::close);
      clients.clear();
    } finally {
      lock.unlock();
    }
    sweeper.interrupt();
  }

  private void applyHome() {
    clients.values().stream()
        .filter(client -> client.regionId() != homeRegion)
        .forEach(client -> client.home(false));
    DerpClient home = clientLocked(homeRegion);
    if (home != null) {
      home.home(true);
    }
  }

  private @Nullable DerpClient clientLocked(int regionId) {
    DerpRegion region = map.region(regionId);
    if (closed || region == null) {
      return null;
    }
    return clients.computeIfAbsent(regionId, id -> new DerpClient(config, region, input, listener));
  }

  private void sweep() {
    try {
      while (true) {
        Thread.sleep(IDLE_CHECK);
        long now = System.nanoTime();
        clients.values().forEach(client -> client.closeIfIdle(now));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
