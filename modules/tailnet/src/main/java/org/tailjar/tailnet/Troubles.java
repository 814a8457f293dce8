package org.tailjar.tailnet;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Says each thing that goes wrong with the server once: attempts go on for ever. After a connection
 * that was good for a while everything may be said again. Thread-safe.
 */
final class Troubles {

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");

  /** A connection that lasted for so long ended an outage; one that did not was part of it. */
  private static final Duration GOOD = Duration.ofMinutes(2);

  /** A reason that has something new in it each time must not fill the log either. */
  private static final int MOST_REASONS = 20;

  private final Set<String> said = new HashSet<>();
  private boolean away;
  private boolean connected;
  private long connectedSince;

  /** A sentence for the log, unless it was said before. */
  synchronized void say(Level level, String sentence) {
    if (connected && System.nanoTime() - connectedSince > GOOD.toNanos()) {
      said.clear();
    }
    connected = false;
    boolean news = said.size() < MOST_REASONS && said.add(sentence);
    LOG.log(news ? level : Level.DEBUG, sentence);
  }

  /** The server cannot be reached, or does not do what it is asked. */
  synchronized void lost(String server, String reason) {
    int before = said.size();
    say(Level.WARNING, "cannot reach " + server + ", trying on: " + reason);
    away |= said.size() != before;
  }

  /** The server is reached; said after each loss that was. */
  synchronized void connected(String server) {
    connected = true;
    connectedSince = System.nanoTime();
    if (away) {
      away = false;
      LOG.log(Level.INFO, "connected to {0} again", server);
    }
  }
}
