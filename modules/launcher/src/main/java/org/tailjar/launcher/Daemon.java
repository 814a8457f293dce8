package org.tailjar.launcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tailjar.tailnet.DeviceKind;
import org.tailjar.tailnet.NodeStatus;
import org.tailjar.tailnet.StartException;
import org.tailjar.tailnet.StartFailure;
import org.tailjar.tailnet.StateLocation;
import org.tailjar.tailnet.TailnetNode;

/**
 * {@code tailjar run}: one node with its LocalAPI and health pages from the start of the process to
 * its end. The process ends for two reasons only: a configuration that cannot work, or a signal.
 */
final class Daemon {
  private static final System.Logger LOG = System.getLogger("org.tailjar.launcher");

  /**
   * A little more than the 4 s in which a node promises to close. The whole stop has 5 s, and on a
   * busy machine the signal, the rest of the stop and the end of the JVM took more than half a
   * second.
   */
  private static final Duration LONGEST_STOP = Duration.ofMillis(4100);

  private static final Duration ANNOUNCEMENT_INTERVAL = Duration.ofMillis(500);

  private final Map<String, String> environment;
  private final NodeOpener opener;
  private final DeviceKind device;
  private final CountDownLatch stopping = new CountDownLatch(1);

  private volatile @Nullable TailnetNode node;
  private volatile @Nullable LocalSocket socket;
  private volatile @Nullable HealthServer health;

  /** Null when nobody would see it. */
  private @Nullable StartTimeline timeline;

  Daemon(Map<String, String> environment, NodeOpener opener, DeviceKind device) {
    this.environment = environment;
    this.opener = opener;
    this.device = device;
  }

  /**
   * Runs until the node can never come up; a signal ends the process from within, with status 0.
   *
   * @return the exit status
   */
  int run() {
    var entered = Instant.now();
    return switch (Configuration.from(environment, systemHostname())) {
      case Configuration.Refused(var errors) -> {
        errors.forEach(error -> LOG.log(ERROR, error));
        yield ExitStatus.CONFIGURATION;
      }
      case Configuration.Accepted(var configuration, var warnings) -> {
        ConsoleLogging.configure(configuration.log());
        warnings.forEach(warning -> LOG.log(WARNING, warning));
        if (StartTimeline.isWanted()) {
          timeline =
              StartTimeline.ofThisProcess().end("JVM", entered).end("configuration", Instant.now());
        }
        yield run(configuration);
      }
    };
  }

  private int run(Configuration configuration) {
    // One line for what should never happen too, and not the JVM's own stack trace.
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, e) -> LOG.log(ERROR, "thread \"" + thread.getName() + "\" failed", e));
    // A JVM that a signal ends has status 143; only a halt from within a hook makes it 0.
    var hook = new Thread(this::stopAndHalt, "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    int status;
    try {
      var failure = keepUp(configuration);
      LOG.log(ERROR, StartMessages.of(failure, configuration));
      status = ExitStatus.CONFIGURATION;
    } catch (RuntimeException e) {
      // A node that a signal closed before it was started refuses to start.
      LOG.log(
          stopping.getCount() == 0 ? DEBUG : ERROR,
          "the node cannot start, which is a fault of this program",
          e);
      status = ExitStatus.FAULT;
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // A signal came first: its hook is at work and ends the process.
      awaitEnd(hook);
    }
    stop();
    return status;
  }

  /** Opens and starts everything, then waits; returns why the node can never come up. */
  private StartFailure keepUp(Configuration configuration) {
    try {
      var opened = opener.open(configuration.nodeConfig(device));
      node = opened;
      opened.start();
      if (timeline != null) {
        timeline.end("state and interface", Instant.now());
      }
      // Not before: a node that cannot start says so in its one line.
      socket =
          LocalSocket.open(configuration.socket(), new LocalApi(opened, configuration))
              .orElse(null);
      health =
          HealthServer.open(configuration.healthAddress(), new HealthPages(opened)).orElse(null);
      LOG.log(
          INFO,
          "tailjar %s started: server %s, hostname %s, state %s, interface %s"
              .formatted(
                  Version.TEXT,
                  configuration.serverUrl(),
                  configuration.hostname(),
                  shown(configuration.state()),
                  configuration.interfaceName()));
      Thread.ofVirtual().name("announcer").start(() -> announce(opened));
      followStart(opened);
      return opened.failed().toCompletableFuture().join();
    } catch (StartException e) {
      LOG.log(DEBUG, "cannot start", e);
      return e.failure();
    }
  }

  private void followStart(TailnetNode opened) {
    var wanted = timeline;
    if (wanted == null) {
      return;
    }
    Thread.ofVirtual()
        .name("start timeline")
        .start(
            () -> {
              try {
                wanted.follow(opened, stopping);
              } catch (InterruptedException e) {
                LOG.log(DEBUG, "the start was not followed to its end");
              }
            });
  }

  /** Says once when the node comes up; why it does not, the node says itself. */
  private void announce(TailnetNode opened) {
    try {
      while (!opened.ready()) {
        if (stopping.await(ANNOUNCEMENT_INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      return;
    }
    opened.status().self().map(NodeStatus.Self::machine).ifPresent(Daemon::announce);
  }

  private static void announce(NodeStatus.Machine machine) {
    var addresses =
        machine.addresses().stream().map(AddressText::of).collect(Collectors.joining(", "));
    LOG.log(
        INFO, "up as %s with %s".formatted(machine.dnsName().replaceFirst("\\.$", ""), addresses));
  }

  private void stopAndHalt() {
    LOG.log(INFO, "stopping");
    stop();
    LOG.log(INFO, "stopped");
    Runtime.getRuntime().halt(ExitStatus.OK);
  }

  /** Stops all that runs, within {@link #LONGEST_STOP}. */
  private void stop() {
    stopping.countDown();
    var closing = node;
    if (closing != null) {
      var thread =
          Thread.ofPlatform()
              .daemon()
              .name("close node")
              .uncaughtExceptionHandler(
                  (t, e) -> LOG.log(WARNING, "the node did not stop cleanly", e))
              .start(closing::close);
      try {
        if (!thread.join(LONGEST_STOP)) {
          LOG.log(WARNING, "the node did not stop in time: the next start cleans up");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    var pages = health;
    if (pages != null) {
      pages.close();
    }
    var local = socket;
    if (local != null) {
      local.close();
    }
  }

  private static void awaitEnd(Thread hook) {
    try {
      hook.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String shown(StateLocation state) {
    return switch (state) {
      case StateLocation.Directory(var path) -> path.toString();
      case StateLocation.Memory() -> "in memory";
    };
  }

  /**
   * The name that the kernel has for this system: in a container, the container's. No resolver is
   * asked.
   */
  private String systemHostname() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return environment.getOrDefault("HOSTNAME", "");
    }
  }
}
