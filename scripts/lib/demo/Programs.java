import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs, always with a limit of time. */
final class Programs {

  /** What a program that has ended leaves. */
  record Result(int status, String output) {}

  private static final long LIMIT_SECONDS = 60;

  private Programs() {}

  /**
   * Runs a program to its end.
   *
   * @return its exit status, and what it wrote to both its outputs
   */
  static Result run(ProcessBuilder builder) throws IOException, InterruptedException {
    Path output = Files.createTempFile("tailjar-demo", ".out");
    Process process =
        builder.redirectErrorStream(true).redirectOutput(output.toFile()).redirectInput(NO).start();
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException(builder.command() + " did not end within " + LIMIT_SECONDS + " s");
      }
      String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8).strip();
      return new Result(process.exitValue(), text);
    } finally {
      process.destroyForcibly();
      Files.delete(output);
    }
  }

  /** Nothing to read. */
  static final ProcessBuilder.Redirect NO =
      ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile());

  /** Runs a program that must succeed, and gives its output. */
  static String output(List<String> line) throws IOException, InterruptedException {
    Result result = run(new ProcessBuilder(line));
    if (result.status != 0) {
      throw new IOException("%s: exit status %d%n%s".formatted(line, result.status, result.output));
    }
    return result.output;
  }
}
