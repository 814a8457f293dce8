package org.tailjar.tailnet;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * Says each thing that goes wrong with the server once: attempts go on for ever. After a connection
 * that was good for a while everything may be said again. Thread-safe.
 */
final class Troubles {

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");

  /** A connection that lasted for so long ended an outage; one that did not was part of it. */
  private static final Duration GOOD = Duration.ofMinutes(2);

  /** What was said is not said again for so long, also when the connection was good in between. */
  private static final Duration QUIET = Duration.ofMinutes(20);

  /** A reason that has something new in it each time must not fill the log either. */
  private static final int MOST_REASONS = 8;

  private final LongSupplier nanoTime;
  private final BiConsumer<Level, String> log;
  private final Set<String> said = new HashSet<>();
  private long firstSaid;
  private boolean away;
  private long awaySince;
  private boolean connected;
  private long connectedSince;

  Troubles() {
    this(System::nanoTime, (level, line) -> LOG.log(level, line));
  }

  Troubles(LongSupplier nanoTime, BiConsumer<Level, String> log) {
    this.nanoTime = nanoTime;
    this.log = log;
  }

  /** What is said of a failure. */
  static String sentence(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** A sentence for the log, unless it was said before; whether it was not. */
  synchronized boolean say(Level level, String sentence) {
    long now = nanoTime.getAsLong();
    if (connected && now - connectedSince > GOOD.toNanos() && now - firstSaid > QUIET.toNanos()) {
      said.clear();
    }
    connected = false;
    if (said.isEmpty()) {
      firstSaid = now;
    }
    boolean news = said.size() < MOST_REASONS && said.add(sentence);
    log.accept(news ? level : Level.DEBUG, sentence);
    return news;
  }

  /** The server cannot be reached, or does not do what it is asked. */
  synchronized void lost(String server, String reason) {
    boolean news = say(Level.WARNING, "cannot reach " + server + ", trying on: " + reason);
    if (news && !away) {
      away = true;
      awaySince = nanoTime.getAsLong();
    }
  }

  /** The server is reached; said after each loss that was. */
  synchronized void connected(String server) {
    connected = true;
    connectedSince = nanoTime.getAsLong();
    if (away) {
      away = false;
      long seconds = Duration.ofNanos(connectedSince - awaySince).toSeconds();
      log.accept(Level.INFO, "connected to %s again, after %d s".formatted(server, seconds));
    }
  }
}
