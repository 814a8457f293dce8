package org.tailjar.dataplane;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Two network namespaces joined by a cable (veth), and programs that run in them; all of it is gone
 * when this is closed.
 */
final class Namespaces implements AutoCloseable {

  static final String LEFT_ADDRESS = "192.168.77.1";
  static final String RIGHT_ADDRESS = "192.168.77.2";

  /** What the programs say on standard error. */
  private static final String LOG = "target/namespaces.log";

  private static final long PATIENCE_SECONDS = 60;

  /** Debian's, of programs that are not called so. */
  private static final Map<String, String> PACKAGES =
      Map.of("ip", "iproute2", "ping", "iputils-ping", "wg", "wireguard-tools");

  private final String left;
  private final String right;
  private final List<Program> programs = new ArrayList<>();

  /** A program that runs; what it prints is read by the line. */
  static final class Program {
    private final Process process;
    private final BufferedReader out;
    private final Writer in;

    Program(Process process) {
      this.process = process;
      out = process.inputReader();
      in = process.outputWriter();
    }

    /** Writes a line to it. */
    void say(String line) throws IOException {
      in.write(line + "\n");
      in.flush();
    }

    /** The rest of the next line that begins with a word. */
    String hear(String word) throws IOException {
      String line;
      while ((line = out.readLine()) != null) {
        if (line.startsWith(word)) {
          return line.substring(word.length()).strip();
        }
      }
      throw new IOException(process.info().command() + " ended without \"" + word + "\"");
    }

    /** Ends it at once, with what it started. */
    void kill() {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }

    private void end() throws IOException {
      try {
        in.close();
        if (!process.waitFor(2, TimeUnit.SECONDS)) {
          process.destroy();
          if (!process.waitFor(2, TimeUnit.SECONDS)) {
            process.destroyForcibly();
          }
        }
      } catch (InterruptedException _) {
        process.destroyForcibly();
      }
    }
  }

  private Namespaces(String suffix) {
    left = "tjl" + suffix;
    right = "tjr" + suffix;
  }

  /** Skips the test where namespaces cannot be made, or one of the programs is missing. */
  static Namespaces open(String... needed) throws IOException, InterruptedException {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    assumeTrue(Files.exists(Path.of("/dev/net/tun")), "needs /dev/net/tun");
    for (String program : Stream.concat(Stream.of("ip"), Arrays.stream(needed)).toList()) {
      assumeTrue(
          isOnPath(program),
          "not on PATH: "
              + program
              + "; on Debian: apt-get install "
              + PACKAGES.getOrDefault(program, program));
    }
    Namespaces namespaces = new Namespaces(Long.toString(ProcessHandle.current().pid()));
    assumeTrue(
        start("ip", "netns", "add", namespaces.left).waitFor() == 0,
        "needs the right to make network namespaces");
    try {
      namespaces.connect();
    } catch (IOException | InterruptedException e) {
      namespaces.close();
      throw e;
    }
    return namespaces;
  }

  private static boolean isOnPath(String program) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Arrays.stream(path.split(":"))
        .anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
  }

  private void connect() throws IOException, InterruptedException {
    run("ip", "netns", "add", right);
    run(
        "ip", "-n", left, "link", "add", "v0", "type", "veth", "peer", "name", "v0", "netns",
        right);
    run("ip", "-n", left, "address", "add", LEFT_ADDRESS + "/24", "dev", "v0");
    run("ip", "-n", right, "address", "add", RIGHT_ADDRESS + "/24", "dev", "v0");
    for (String namespace : new String[] {left, right}) {
      run("ip", "-n", namespace, "link", "set", "lo", "up");
      run("ip", "-n", namespace, "link", "set", "v0", "up");
    }
  }

  String left() {
    return left;
  }

  String right() {
    return right;
  }

  /** Gives an interface its addresses and switches it on. */
  void configure(String namespace, String link, String... addresses)
      throws IOException, InterruptedException {
    for (String address : addresses) {
      String[] add = {"ip", "-n", namespace, "address", "add", address, "dev", link};
      // Without duplicate address detection an IPv6 address can be used at once.
      run(address.contains(":") ? append(add, "nodad") : add);
    }
    run("ip", "-n", namespace, "link", "set", link, "up");
  }

  private static String[] append(String[] command, String word) {
    return Stream.concat(Arrays.stream(command), Stream.of(word)).toArray(String[]::new);
  }

  /**
   * Runs a program of this module's tests in a namespace.
   *
   * @param arguments those of the JVM, which begin with {@code -D}, and those of the program
   */
  Program java(String namespace, Class<?> main, String... arguments) throws IOException {
    String classes =
        Stream.of("jdk.module.path", "java.class.path")
            .map(name -> System.getProperty(name, ""))
            .filter(path -> !path.isEmpty())
            .reduce((a, b) -> a + File.pathSeparator + b)
            .orElseThrow();
    String tests =
        Path.of(main.getProtectionDomain().getCodeSource().getLocation().getPath())
            .resolveSibling("test-classes")
            .toString();
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                tests + File.pathSeparator + classes,
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/com.sun.crypto.provider=ALL-UNNAMED",
                "--add-exports=java.base/sun.security.util.math=ALL-UNNAMED"));
    for (String name : new String[] {"tailjar.cipher", "tailjar.checked"}) {
      String value = System.getProperty(name);
      if (value != null) {
        command.add("-D" + name + "=" + value);
      }
    }
    Map<Boolean, List<String>> sorted =
        Arrays.stream(arguments).collect(Collectors.partitioningBy(a -> a.startsWith("-D")));
    command.addAll(sorted.getOrDefault(true, List.of()));
    command.add(main.getName());
    command.addAll(sorted.getOrDefault(false, List.of()));
    return program(namespace, command.toArray(String[]::new));
  }

  /** Runs a program in a namespace. */
  Program program(String namespace, String... command) throws IOException {
    List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
    whole.addAll(List.of(command));
    Program program = new Program(start(whole.toArray(String[]::new)));
    programs.add(program);
    return program;
  }

  /** Runs a command to its end. */
  static void run(String... command) throws IOException, InterruptedException {
    Process process = start(command);
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(String.join(" ", command) + " failed");
    }
  }

  private static Process start(String... command) throws IOException {
    File log = Files.isDirectory(Path.of("target")) ? new File(LOG) : new File("/dev/null");
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log)).start();
  }

  /** Waits until an interface is there. */
  void awaitLink(String namespace, String link) throws IOException, InterruptedException {
    for (int i = 0; i < 200; i++) {
      Process process =
          new ProcessBuilder("ip", "-n", namespace, "link", "show", link)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor() == 0) {
        return;
      }
      Thread.sleep(50);
    }
    throw new IOException("no interface " + link);
  }

  @Override
  public void close() throws IOException {
    @Nullable IOException failure = null;
    for (Program program : programs.reversed()) {
      program.end();
    }
    for (String namespace : new String[] {left, right}) {
      try {
        run("ip", "netns", "delete", namespace);
      } catch (IOException e) {
        failure = e;
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
