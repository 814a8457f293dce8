package org.tailjar.systemtests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The testkit's control server, in a process of its own, where no Headscale can be had. */
final class EmbeddedControl implements ControlServer {

  private final Process process;
  private final BufferedReader answers;
  private final PrintStream commands;
  private final String url;

  /**
   * Starts it.
   *
   * @param inside what a command line that is to run on the server's host begins with
   * @param address the address of that host
   */
  EmbeddedControl(List<String> inside, String address) {
    Path work = LinkedRuntime.home().toAbsolutePath().resolveSibling("work").normalize();
    List<String> line = new ArrayList<>(inside);
    line.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "--module-path",
            work.resolve("jars") + ":" + work.resolve("testkit"),
            "-m",
            "org.tailjar.testkit/org.tailjar.testkit.Main",
            address));
    try {
      process = new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    answers = process.inputReader(StandardCharsets.UTF_8);
    commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    url = answer().replaceFirst("^TAILSCALE_SERVER_URL=", "");
    answer();
  }

  @Override
  public String url() {
    return url;
  }

  /** Its keys are all reusable. */
  @Override
  public String key(String... flags) {
    if (!List.of("--reusable").containsAll(List.of(flags))) {
      throw new IllegalArgumentException("the testkit has no such keys: " + List.of(flags));
    }
    commands.println("key");
    return answer();
  }

  @Override
  public long nodeCount() {
    commands.println("nodes");
    long count = 0;
    while (!answer().isEmpty()) {
      count++;
    }
    return count;
  }

  private String answer() {
    try {
      String line = answers.readLine();
      if (line == null) {
        throw new IllegalStateException("the control server of the testkit has ended");
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    Shell.await(process);
  }
}
