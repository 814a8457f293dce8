package org.tailjar.launcher;

import static java.lang.System.Logger.Level.DEBUG;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
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

  private static final Path UPTIME = Path.of("/proc/uptime");
  private static final Path STAT = Path.of("/proc/self/stat");

  /** Numbers of fields of the latter. */
  private static final int STATE = 3;

  private static final int START = 22;

  private final Instant begin;
  private final StringJoiner phases = new StringJoiner(", ", "start: ", "");
  private Instant last;

  private StartTimeline(Instant begin) {
    this.begin = begin;
    last = begin;
  }

  /** From the start of this process, which the kernel knows to 10 ms. */
  static StartTimeline ofThisProcess() {
    var now = Instant.now();
    try {
      var age = age(Files.readString(UPTIME), Files.readString(STAT));
      return new StartTimeline(now.minus(age));
    } catch (IOException | IllegalArgumentException e) {
      LOG.log(DEBUG, "the age of this process is not known: {0}", e.getMessage());
      return new StartTimeline(now);
    }
  }

  /**
   * How old a process is. Not by {@link ProcessHandle.Info#startInstant}, which counts from the
   * second in which the system was booted, so that it is wrong by up to one.
   *
   * @param uptime {@code /proc/uptime}: seconds since the boot, first
   * @param stat {@code /proc/PID/stat}: the start in ticks of 10 ms since then is field 22
   *     (proc(5))
   * @throws IllegalArgumentException when they are not of that form, or do not belong together
   */
  static Duration age(String uptime, String stat) {
    // The name of the program is the second field and may have spaces and brackets in it.
    var fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
    if (fields.length <= START - STATE) {
      throw new IllegalArgumentException("a process without a start");
    }
    var seconds = new BigDecimal(uptime.split(" ", 2)[0]);
    var start = new BigDecimal(fields[START - STATE]).movePointLeft(2);
    var age = seconds.subtract(start);
    if (age.signum() < 0) {
      // In a container of LXC, uptime is the container's and the start counts from the host's boot.
      throw new IllegalArgumentException("a process that is older than the system");
    }
    return Duration.ofMillis(age.movePointRight(3).longValue());
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
