package org.tailjar.derp;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What of the comings and goings of a relay's connection is worth a line: the first connection, a
 * loss and its end; of a connection that comes and goes all the time, one loss in ten minutes with
 * the number of those before it. Thread-safe.
 */
final class RelayNews {
  /** After a loss that was told the next ones are not, for so long. */
  static final Duration QUIET = Duration.ofMinutes(10);

  private final LongSupplier nanoTime;

  private boolean everConnected;
  private boolean connected;
  private boolean lossTold;
  private boolean everTold;
  private long told;
  private long lostAt;
  private int losses;

  RelayNews(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** The relay has accepted this node; the line to say, or empty. */
  synchronized Optional<String> connected() {
    boolean first = !everConnected;
    everConnected = true;
    connected = true;
    if (lossTold) {
      lossTold = false;
      long seconds = Duration.ofNanos(nanoTime.getAsLong() - lostAt).toSeconds();
      return Optional.of("connected after " + seconds + " s");
    }
    return first ? Optional.of("connected") : Optional.empty();
  }

  /**
   * The connection broke, or could not be made; the line to say, or empty.
   *
   * @param reason why, in a few words
   */
  synchronized Optional<String> lost(String reason) {
    long now = nanoTime.getAsLong();
    if (connected) {
      connected = false;
      lostAt = now;
      losses++;
    } else if (lossTold) {
      return Optional.empty();
    } else if (!everTold) {
      lostAt = now;
    }
    if (everTold && now - told < QUIET.toNanos()) {
      return Optional.empty();
    }
    var line =
        losses < 2 ? reason : "%s (%d times since this was last said)".formatted(reason, losses);
    everTold = true;
    lossTold = true;
    told = now;
    losses = 0;
    return Optional.of(line);
  }

  /** The connection was closed since it is not needed: no loss. */
  synchronized void released() {
    connected = false;
    lossTold = false;
  }
}
