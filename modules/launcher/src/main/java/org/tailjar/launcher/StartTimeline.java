package org.tailjar.launcher;

import static java.lang.System.Logger.Level.DEBUG;

import java.time.Duration;
import java.time.Instant;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.tailjar.tailnet.NodeStatus;
import org.tailjar.tailnet.TailnetNode;

/**
 * What the time from the start of the process to the first packet went to, as one line at debug
 * level. It looks at the node every few milliseconds instead of being told, so that a node whose
 * start nobody watches does nothing for it.
 */
final class StartTimeline {
  private static final System.Logger LOG = System.getLogger("org.tailjar.launcher");

  private static final Duration LOOK = Duration.ofMillis(5);

  /** A node to which nobody sends has no first packet. */
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final Instant begin;
  private final StringJoiner phases = new StringJoiner(", ", "start: ", "");
  private Instant last;

  private StartTimeline(Instant begin) {
    this.begin = begin;
    last = begin;
  }

  /** From the start of this process, which the kernel knows to 10 ms. */
  static StartTimeline ofThisProcess() {
    return new StartTimeline(ProcessHandle.current().info().startInstant().orElseGet(Instant::now));
  }

  /** From a given time. */
  static StartTimeline from(Instant begin) {
    return new StartTimeline(begin);
  }

  /** Whether anybody would see it. */
  static boolean isWanted() {
    return LOG.isLoggable(DEBUG);
  }

  /** The phase ends now. */
  StartTimeline end(String phase, Instant now) {
    phases.add("%s %d ms".formatted(phase, Duration.between(last, now).toMillis()));
    last = now;
    return this;
  }

  /**
   * Follows the node through the rest of its start, then logs.
   *
   * @param stopping open while the node runs
   */
  void follow(TailnetNode node, CountDownLatch stopping) throws InterruptedException {
    boolean connected = false;
    boolean mapped = false;
    boolean carried = false;
    while (!(connected && mapped && carried)
        && !stopping.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)
        && Duration.between(begin, Instant.now()).compareTo(LONGEST) < 0) {
      var status = node.status();
      var now = Instant.now();
      if (!connected && status.serverConnection().equals("connected")) {
        connected = true;
        end("server", now);
      }
      if (!mapped && status.state() == NodeStatus.State.RUNNING) {
        mapped = true;
        end("network map", now);
      }
      if (!carried && status.traffic().bytesIn() > 0) {
        carried = true;
        end("first packet", now);
      }
    }
    LOG.log(DEBUG, this);
  }

  /** For example {@code start: JVM 60 ms, configuration 8 ms: 68 ms in all}. */
  @Override
  public String toString() {
    return "%s: %d ms in all".formatted(phases, Duration.between(begin, last).toMillis());
  }
}
