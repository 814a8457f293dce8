package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.opentest4j.TestAbortedException;
import picocli.CommandLine;

/** How the commands end: with a line where the user can mend it, and cleaned up after Ctrl-C. */
public final class CleanExit {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final int UNAVAILABLE = 69;
  private static final int INTERRUPTED = 130;

  private CleanExit() {}

  /** Runs a command of picocli's, and gives its exit status. */
  public static int execute(Object command, String... arguments) {
    return new CommandLine(command)
        .setExecutionExceptionHandler(
            (e, line, parsed) -> {
              if (e instanceof TestAbortedException || e instanceof IllegalArgumentException) {
                System.err.println(e.getMessage());
                return UNAVAILABLE;
              }
              if (Thread.currentThread().isInterrupted()) {
                System.err.println("interrupted");
                return INTERRUPTED;
              }
              throw e;
            })
        .execute(arguments);
  }

  /**
   * Does something on this thread, which is interrupted when the JVM is told to end; the JVM waits
   * until it has thrown.
   */
  public static <T> T during(Supplier<T> action) {
    Thread thread = Thread.currentThread();
    CountDownLatch done = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(thread, done)));
    try {
      return action.get();
    } finally {
      done.countDown();
    }
  }

  private static void stop(Thread thread, CountDownLatch done) {
    if (done.getCount() == 0) {
      return;
    }
    thread.interrupt();
    try {
      done.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
