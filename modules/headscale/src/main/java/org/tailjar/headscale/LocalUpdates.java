package org.tailjar.headscale;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.transport.Backoff;

/**
 * Keeps what the node says of itself, and tells the server of changes beside the map stream. Only
 * the newest state is ever sent; one thread sends, so that an older one cannot overtake it.
 */
final class LocalUpdates {

  private static final System.Logger LOG = System.getLogger("org.tailjar.headscale");

  /** For a server to show that a connection still works. */
  private static final Duration PROOF_TIMEOUT = Duration.ofSeconds(5);

  /** At least; twice that at most. */
  private static final long BETWEEN_QUESTIONS = Duration.ofMinutes(15).toNanos();

  private final ControlConfig config;
  private final RandomGenerator random;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private LocalState state;
  private boolean doubted;
  private boolean asked;
  private long nextQuestion;

  LocalUpdates(ControlConfig config, RandomGenerator random) {
    this.config = config;
    this.random = random;
    Hostinfo hostinfo = config.hostinfo();
    this.state =
        new LocalState(
            0,
            hostinfo.ipnVersion() == null ? hostinfo.withVersion(config.version()) : hostinfo,
            List.of(),
            List.of());
  }

  void change(Hostinfo hostinfo, List<String> endpoints, List<EndpointType> types) {
    Hostinfo versioned =
        hostinfo.ipnVersion() == null ? hostinfo.withVersion(config.version()) : hostinfo;
    lock.lock();
    try {
      LocalState next = new LocalState(state.revision() + 1, versioned, endpoints, types);
      if (!next.sameAs(state)) {
        state = next;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sends the state once more; the connection ends if there is no answer soon. */
  void doubtConnection() {
    lock.lock();
    try {
      doubted = true;
      repeat();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sends the state once more, as a question whether the server still knows this node: one that was
   * deleted gets signs of life on its map stream as before. Seldom enough to be called at each of
   * these, since Headscale (0.29) tells all peers of every update, also of one that changes
   * nothing.
   */
  void ask() {
    lock.lock();
    try {
      long now = System.nanoTime();
      if (!asked || now - nextQuestion >= 0) {
        asked = true;
        nextQuestion = now + BETWEEN_QUESTIONS + random.nextLong(BETWEEN_QUESTIONS);
        repeat();
      }
    } finally {
      lock.unlock();
    }
  }

  private void repeat() {
    state =
        new LocalState(
            state.revision() + 1, state.hostinfo(), state.endpoints(), state.endpointTypes());
    changed.signalAll();
  }

  LocalState current() {
    lock.lock();
    try {
      return state;
    } finally {
      lock.unlock();
    }
  }

  /** Starts to send, once there is a connection. */
  Sender start(NodePublicKey nodeKey) {
    return new Sender(nodeKey);
  }

  /** Sends the updates of one node key, while it polls. */
  final class Sender implements AutoCloseable {
    private final NodePublicKey nodeKey;
    private final Thread thread;
    private @Nullable ControlConnection connection;
    private long sent;
    private boolean refused;
    private boolean ended;

    private Sender(NodePublicKey nodeKey) {
      this.nodeKey = nodeKey;
      this.thread = Thread.ofVirtual().name("control-updates").start(this::run);
    }

    /** The map stream is up, and its request had the state of this revision. */
    void connected(ControlConnection on, long revision) {
      lock.lock();
      try {
        connection = on;
        sent = revision;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    void disconnected() {
      lock.lock();
      try {
        connection = null;
      } finally {
        lock.unlock();
      }
    }

    /** Whether the server has said that it does not know this node key. */
    boolean isRefused() {
      lock.lock();
      try {
        return refused;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        ended = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      thread.interrupt();
    }

    private void run() {
      Backoff backoff = new Backoff(ControlClient.LONGEST_PAUSE, random);
      Duration pause = Duration.ZERO;
      try {
        while (true) {
          TimeUnit.NANOSECONDS.sleep(pause.toNanos());
          LocalState next;
          ControlConnection on;
          boolean inDoubt;
          lock.lock();
          try {
            while (!ended && (connection == null || sent == state.revision())) {
              changed.await();
            }
            if (ended || connection == null) {
              return;
            }
            next = state;
            on = connection;
            inDoubt = doubted;
            doubted = false;
          } finally {
            lock.unlock();
          }
          pause = send(on, next, backoff, inDoubt);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** How long to wait before the next attempt; zero when this one succeeded. */
    private Duration send(ControlConnection on, LocalState next, Backoff backoff, boolean inDoubt) {
      Duration timeout = inDoubt ? PROOF_TIMEOUT : config.timings().request();
      byte[] request = next.mapRequest(nodeKey, config.discoKey(), false);
      try (Http2Response response = on.post("/machine/map", request, timeout)) {
        if (response.status() != 200) {
          throw ControlConnection.refused("an update", response, timeout);
        }
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "update", e);
        if (e instanceof ControlException unknown && unknown.status() == 404) {
          refuse(on);
          return Duration.ZERO;
        }
        if (inDoubt && !(e instanceof ControlException)) {
          on.close(); // whoever reads the map stream connects anew
        }
        Duration pause = backoff.next();
        return e instanceof ControlException refused && refused.retryAfter().compareTo(pause) > 0
            ? refused.retryAfter()
            : pause;
      }
      backoff.reset();
      lock.lock();
      try {
        sent = Math.max(sent, next.revision());
      } finally {
        lock.unlock();
      }
      return Duration.ZERO;
    }

    /** Ends the map stream, which the server goes on to feed, so that its reader registers. */
    private void refuse(ControlConnection on) {
      lock.lock();
      try {
        if (connection == on) {
          refused = true;
          connection = null;
        }
      } finally {
        lock.unlock();
      }
      on.close();
    }
  }
}
