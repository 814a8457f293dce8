package org.tailjar.derp;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.transport.Backoff;
import org.tailjar.transport.Connection;
import org.tailjar.transport.Destination;

/**
 * One region: connected while it is the home region or was sent to in the last minute, and
 * connected again with growing pauses when that fails. Reads and writes on platform threads, since
 * at speed a virtual one costs three switches where these cost one. Thread-safe.
 */
public final class DerpClient implements Relay, AutoCloseable {

  /** A region that is not home is disconnected when nothing was sent for so long. */
  public static final Duration IDLE_TIMEOUT = Duration.ofSeconds(60);

  static final String LOGGER = "org.tailjar.derp";

  private static final Duration DIAL_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** A connection that lasted for so long was no failure. */
  private static final long SERVED_NANOS = Duration.ofSeconds(5).toNanos();

  private static final Duration LONGEST_RESTART = Duration.ofSeconds(30);
  private static final Logger LOG = System.getLogger(LOGGER);

  private final DerpConfig config;
  private final DerpInput input;
  private final DerpListener listener;
  private final DerpOutput output = new DerpOutput(System::nanoTime);
  private final int regionId;
  private final String regionCode;

  private final RelayNews news = new RelayNews(System::nanoTime);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by the lock.
  private DerpRegion region;
  private @Nullable DerpConnection connection;
  private @Nullable Thread thread;
  private boolean home;
  private boolean retryNow;
  private @Nullable Duration restartPause;

  private volatile boolean wanted;
  private volatile boolean closed;
  private volatile boolean accepted;
  private volatile long lastSend = System.nanoTime();

  /**
   * A client that is not connected yet.
   *
   * @param input where the packets from the region go
   */
  public DerpClient(DerpConfig config, DerpRegion region, DerpInput input, DerpListener listener) {
    this.config = config;
    this.region = region;
    this.regionId = region.id();
    this.regionCode = region.code();
    this.input = input;
    this.listener = listener;
  }

  @Override
  public int regionId() {
    return regionId;
  }

  @Override
  public String regionCode() {
    return regionCode;
  }

  @Override
  public boolean isConnected() {
    return accepted;
  }

  @Override
  public void send(NodePublicKey destination, MemorySegment from, long offset, int length) {
    output.packet(MemorySegment.ofArray(destination.bytes()), from, offset, length);
    used();
  }

  @Override
  public void sendFrames(MemorySegment from, long offset, int length) {
    output.frames(from, offset, length);
    used();
  }

  /** How many packets were dropped since the relay did not take them in time. */
  public long dropped() {
    return output.dropped();
  }

  /** Says whether this is the home region, which stays connected. */
  public void home(boolean value) {
    lock.lock();
    try {
      if (home == value) {
        return;
      }
      home = value;
      // A connection that is being made tells the server itself, see DerpConnection.run.
      if (connection != null && accepted) {
        output.control(DerpFrames.notePreferred(value));
      }
      lastSend = System.nanoTime();
    } finally {
      lock.unlock();
    }
    if (value) {
      want();
    }
  }

  /** Swaps the region's servers in; if they changed, connects anew. */
  void region(DerpRegion value) {
    lock.lock();
    try {
      boolean same = region.nodes().equals(value.nodes());
      region = value;
      if (!same) {
        retryNow = true;
        changed.signalAll();
        if (connection != null) {
          connection.close();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Has the connection prove that it still works, and does not wait before the next attempt. */
  void check() {
    lock.lock();
    try {
      if (connection != null && accepted) {
        connection.check();
      } else {
        retryNow = true;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Disconnects if nothing was sent for {@link #IDLE_TIMEOUT} and this is not home. */
  void closeIfIdle(long now) {
    lock.lock();
    try {
      if (!home && wanted && now - lastSend > IDLE_TIMEOUT.toNanos()) {
        wanted = false;
        if (connection != null) {
          connection.close();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      if (connection != null) {
        connection.close();
      }
      if (thread != null) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  private void used() {
    lastSend = System.nanoTime();
    if (!wanted) {
      want();
    }
  }

  private void want() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      wanted = true;
      if (thread == null) {
        thread = Thread.ofPlatform().daemon().name("derp-" + regionId).start(this::run);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    Backoff backoff = new Backoff(LONGEST_PAUSE);
    try {
      while (awaitWanted()) {
        long start = System.nanoTime();
        try {
          connectAndServe();
        } catch (IOException | RuntimeException e) {
          // Whatever a map or a relay says that no check foresaw, the next one may be better.
          if (accepted && System.nanoTime() - start > SERVED_NANOS) {
            backoff.reset();
          }
          ended(e);
        }
        // What waited for this connection would be too old for the next.
        output.clear();
        pause(backoff.next());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean awaitWanted() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!wanted && !closed) {
        changed.await();
      }
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private void connectAndServe() throws IOException {
    DerpRegion target = current();
    IOException failure = new DerpException("region " + target.code() + " has no relay");
    for (DerpNode node : target.nodes()) {
      if (node.stunOnly()) {
        continue;
      }
      Destination destination;
      Connection dialled;
      try {
        destination = DerpDestinations.of(node, config.plainHttp());
        dialled = config.dialer().dial(destination, DIAL_TIMEOUT);
      } catch (IOException e) {
        failure = e;
        continue;
      } catch (IllegalArgumentException e) {
        failure = new DerpException("the DERP map describes " + node.name() + " as no server is");
        continue;
      }
      DerpConnection made =
          new DerpConnection(regionId, dialled, output, input, listener, new ConnectionEvents());
      boolean isHome;
      lock.lock();
      try {
        connection = made;
        isHome = home;
        if (closed || !region.nodes().equals(target.nodes())) {
          made.close();
        }
      } finally {
        lock.unlock();
      }
      try {
        made.run(destination, config.key(), isHome);
      } catch (IOException e) {
        if (accepted || closed || !wanted || !current().equals(target)) {
          throw e;
        }
        // It takes connections and is no relay at present; another of the region may be.
        failure = e;
      }
    }
    throw failure;
  }

  private DerpRegion current() {
    lock.lock();
    try {
      return region;
    } finally {
      lock.unlock();
    }
  }

  private void ended(Exception e) {
    String reason = e.getMessage() == null ? e.toString() : e.getMessage();
    boolean expected;
    lock.lock();
    try {
      connection = null;
      expected = closed || !wanted;
      accepted = false;
    } finally {
      lock.unlock();
    }
    if (expected) {
      news.released();
      LOG.log(Level.DEBUG, "relay {0}: disconnected, no longer needed", regionCode);
    } else {
      tell(news.lost(reason), reason);
    }
    listener.disconnected(regionId, reason);
  }

  private void tell(Optional<String> line, String otherwise) {
    LOG.log(
        line.isPresent() ? Level.INFO : Level.DEBUG,
        "relay {0}: {1}",
        regionCode,
        line.orElse(otherwise));
  }

  private void pause(Duration untilNext) throws InterruptedException {
    long nanos = untilNext.toNanos();
    lock.lockInterruptibly();
    try {
      Duration announced = restartPause;
      restartPause = null;
      if (announced != null) {
        nanos = announced.toNanos();
      }
      while (nanos > 0 && !closed && !retryNow) {
        nanos = changed.awaitNanos(nanos);
      }
      retryNow = false;
    } finally {
      lock.unlock();
    }
  }

  private final class ConnectionEvents implements DerpConnection.Events {

    @Override
    public void accepted() {
      lock.lock();
      try {
        accepted = true;
        if (home) {
          // It may have become home since the connection was made; saying it twice is harmless.
          output.control(DerpFrames.notePreferred(true));
        }
      } finally {
        lock.unlock();
      }
      tell(news.connected(), "connected");
      listener.connected(regionId);
    }

    @Override
    public void restarting(Duration reconnectIn, Duration tryFor) {
      lock.lock();
      try {
        restartPause = reconnectIn.compareTo(LONGEST_RESTART) < 0 ? reconnectIn : LONGEST_RESTART;
      } finally {
        lock.unlock();
      }
      LOG.log(Level.DEBUG, "relay {0}: restarts in {1}", regionCode, reconnectIn);
    }
  }
}
