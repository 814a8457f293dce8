package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Runs programs and waits for conditions, always with a limit. */
public final class Shell {

  /**
   * What nobody who waits for something need fear: it ends a wait only in a test that fails, so a
   * machine that is slow, or stands still for some seconds, fails none.
   */
  public static final Duration PATIENCE = Duration.ofSeconds(90);

  /** What a finished program left. */
  public record Result(int status, String output) {
    public Result succeeded() {
      assertThat(status).as("exit status, output: %s", output).isZero();
      return this;
    }
  }

  private Shell() {}

  public static Result run(String... command) {
    return run(PATIENCE, List.of(command));
  }

  public static Result run(Duration limit, List<String> command) {
    try {
      Path output = Files.createTempFile("tailjar-system", ".out");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly();
          return new Result(124, Files.readString(output) + "\n(not finished after " + limit + ")");
        }
        return new Result(
            process.exitValue(),
            new String(Files.readAllBytes(output), StandardCharsets.UTF_8).strip());
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Polls until the condition holds; false when it does not for {@link #PATIENCE}. */
  public static boolean eventually(BooleanSupplier condition) {
    return eventually(PATIENCE, condition);
  }

  /** Lets time pass. */
  public static void pause(Duration time) {
    eventually(time, () -> false);
  }

  /** Polls until the condition holds; false when the limit is over. */
  public static boolean eventually(Duration limit, BooleanSupplier condition) {
    long deadline = System.nanoTime() + limit.toNanos();
    do {
      if (condition.getAsBoolean()) {
        return true;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    } while (System.nanoTime() < deadline);
    return condition.getAsBoolean();
  }

  /** Waits for a program to end, and ends it when it does not. */
  public static void await(Process process) {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Where a program is on PATH. */
  public static Optional<Path> find(String program) {
    return Arrays.stream(System.getenv("PATH").split(":"))
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
