package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.concurrent.Callable;
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
        .setExecutionExceptionHandler((e, line, parsed) -> status(e))
        .execute(arguments);
  }

  /** Runs a program that has read its arguments, and gives its exit status. */
  public static int of(Callable<Integer> program) throws Exception {
    try {
      return program.call();
    } catch (Exception e) {
      return status(e);
    }
  }

  /** Says in a line what the user can mend; anything else is thrown again. */
  private static int status(Exception e) throws Exception {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      // Also from a thread that made one of several labs.
      if (cause instanceof TestAbortedException) {
        System.err.println(cause.getMessage().replaceFirst("^Assumption failed: ", ""));
        return UNAVAILABLE;
      }
    }
    if (e instanceof IllegalArgumentException) {
      System.err.println(e.getMessage());
      return UNAVAILABLE;
    }
    if (Thread.currentThread().isInterrupted()) {
      System.err.println("interrupted");
      return INTERRUPTED;
    }
    throw e;
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
