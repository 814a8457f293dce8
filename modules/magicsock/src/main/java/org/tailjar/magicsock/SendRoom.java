package org.tailjar.magicsock;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * Says once that the kernel has no room for what is sent by UDP, and once that it has again. A
 * burst that a buffer does not hold is no news, as in a full queue of a router, nor is another one
 * some seconds later: only what goes on is said, and the rest counted for who debugs. Thread-safe;
 * allocates nothing but the lines.
 */
final class SendRoom {

  private static final Logger LOG = System.getLogger(Magicsock.LOGGER);

  /** Losses that go on for so long are more than a burst. */
  static final Duration BURST = Duration.ofSeconds(1);

  /** Losses that are farther from each other, with something sent in between, do not go on. */
  static final Duration REPEAT = Duration.ofSeconds(2);

  /**
   * So long without a loss the kernel has room again. Losses that are nearer to each other are one
   * episode: a link that is full for hours lets some through in between.
   */
  static final Duration GOOD = Duration.ofSeconds(30);

  private final LongSupplier nanoTime;
  private final BiConsumer<Level, String> log;
  private volatile boolean lacking;
  private boolean said;
  private boolean sentSince;
  private long first;

  /** The first of those losses that go on since. */
  private long begun;

  private long last;
  private long lost;

  SendRoom() {
    this(System::nanoTime, LOG::log);
  }

  SendRoom(LongSupplier nanoTime, BiConsumer<Level, String> log) {
    this.nanoTime = nanoTime;
    this.log = log;
  }

  /** The kernel had no room for so many datagrams, which are lost. */
  synchronized void lost(int datagrams) {
    long now = nanoTime.getAsLong();
    if (!lacking) {
      lacking = true;
      first = now;
      begun = now;
      lost = 0;
    } else if (sentSince && now - last > REPEAT.toNanos()) {
      begun = now;
    }
    sentSince = false;
    last = now;
    lost += datagrams;
    if (!said && now - begun >= BURST.toNanos()) {
      said = true;
      log.accept(
          Level.WARNING,
          "the kernel has no room for what is sent by UDP (a full send buffer, or ENOBUFS): packets"
              + " to peers are lost, because more is sent than the network of this host takes");
    }
  }

  /** The kernel took what was sent; cheap enough for every batch. */
  void sent() {
    if (lacking) {
      sentAfterLoss();
    }
  }

  private synchronized void sentAfterLoss() {
    sentSince = true;
    if (!lacking || nanoTime.getAsLong() - last < GOOD.toNanos()) {
      return;
    }
    lacking = false;
    if (said) {
      said = false;
      log.accept(
          Level.INFO,
          "the kernel has room again for what is sent by UDP: %d packets were lost in %d s"
              .formatted(lost, Duration.ofNanos(last - first).toSeconds()));
    } else {
      log.accept(
          Level.DEBUG,
          "the kernel had no room for some of what is sent by UDP: %d packets were lost in %d s"
              .formatted(lost, Duration.ofNanos(last - first).toSeconds()));
    }
  }
}
