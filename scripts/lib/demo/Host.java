import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A network namespace of its own, joined to the demo's by a cable, with a node of the linked
 * runtime in it. The namespace ends with the last program in it.
 */
final class Host {

  private static final String PREFIX = "/24";

  private final String name;
  private final Path directory;
  private final Path launcher;
  private final Process holder;
  private final List<Process> programs = new ArrayList<>();
  private Process node;
  private long started;

  /**
   * Makes the namespace and lays the cable.
   *
   * @param directory where the node keeps what it has
   * @param launcher the command {@code tailjar}
   * @param address on the cable
   * @param bridge where the cable ends
   */
  Host(String name, Path directory, Path launcher, String address, String bridge)
      throws IOException, InterruptedException {
    this.name = name;
    this.directory = Files.createDirectory(directory.resolve("state-" + name));
    this.launcher = launcher;
    Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/net"));
    holder = new ProcessBuilder("unshare", "--net", "sleep", "infinity").start();
    while (Files.readSymbolicLink(namespace()).equals(own)) {
      if (!holder.isAlive()) {
        throw new IOException("no network namespace for " + name);
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
    String pid = Long.toString(holder.pid());
    ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", pid);
    ip("link", "set", name, "master", bridge, "up");
    run("ip", "link", "set", "lo", "up");
    run("ip", "addr", "add", address + PREFIX, "dev", "eth0");
    run("ip", "link", "set", "eth0", "up");
  }

  String name() {
    return name;
  }

  private Path namespace() {
    return Path.of("/proc/" + holder.pid() + "/ns/net");
  }

  /** Cuts this host off from every other that is cut off; the demo's own namespace stays. */
  void isolate() throws IOException, InterruptedException {
    ip("link", "set", "dev", name, "type", "bridge_slave", "isolated", "on");
  }

  /** Runs a program in the namespace to its end, which must be a success. */
  String run(String... command) throws IOException, InterruptedException {
    return Programs.output(inside(command));
  }

  /** A command of the node. */
  Programs.Result tailjar(String... arguments) throws IOException, InterruptedException {
    List<String> line = inside(launcher.toString());
    line.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().put("TAILSCALE_SOCKET", socket().toString());
    return Programs.run(builder);
  }

  /** Starts a program in the namespace, with its output in a file. */
  Process start(String log, String... command) throws IOException {
    Process program = builder(log, command).start();
    programs.add(program);
    return program;
  }

  /** Starts the node. */
  void join(URI server, String authKey) throws IOException {
    ProcessBuilder builder = builder(name + ".log", launcher.toString(), "run");
    builder.environment().keySet().removeIf(n -> n.startsWith("TAILSCALE_") || n.startsWith("TS_"));
    builder.environment().put("TAILSCALE_SERVER_URL", server.toString());
    builder.environment().put("TAILSCALE_KEY", authKey);
    builder.environment().put("TAILSCALE_HOSTNAME", name);
    builder.environment().put("TAILSCALE_STATE_DIR", directory.toString());
    builder.environment().put("TAILSCALE_SOCKET", socket().toString());
    builder.environment().put("TAILSCALE_ACCEPT_DNS", "false");
    started = System.nanoTime();
    node = builder.start();
    programs.add(node);
  }

  /**
   * Waits until the node is ready.
   *
   * @return how long that took from its start
   */
  Duration awaitReady() throws IOException, InterruptedException {
    while (tailjar("healthcheck").status() != 0) {
      if (!isComing()) {
        throw new IOException(
            "%s does not come up; it says:%n%s".formatted(name, Files.readString(log())));
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
    return waited();
  }

  /** Whether there is still hope for the node. */
  boolean isComing() {
    return node.isAlive() && waited().toSeconds() < 60;
  }

  private Duration waited() {
    return Duration.ofNanos(System.nanoTime() - started);
  }

  /** Its address on the tailnet. */
  String address() throws IOException, InterruptedException {
    Programs.Result result = tailjar("ip", "-4");
    if (result.status() != 0) {
      throw new IOException(name + " has no address: " + result.output());
    }
    return result.output();
  }

  /** Where the node writes its log. */
  Path log() {
    return directory.resolveSibling(name + ".log");
  }

  /** Stops all programs in the namespace but what holds it; gives the exit status of the node. */
  int stop() throws InterruptedException {
    for (Process program : programs) {
      program.destroy();
      if (!program.waitFor(10, TimeUnit.SECONDS)) {
        program.destroyForcibly();
      }
    }
    return node == null ? 0 : node.waitFor();
  }

  /** Whether the interface of the node is there. */
  boolean hasInterface() throws IOException, InterruptedException {
    return Programs.run(new ProcessBuilder(inside("ip", "link", "show", "tailscale0"))).status()
        == 0;
  }

  /** Leaves a command that runs its arguments in this namespace, from outside of all of them. */
  Path command(Path root, boolean user) throws IOException {
    Path file = root.resolve(name);
    Files.writeString(
        file,
        """
        #!/bin/sh
        # Runs a command where %1$s is: %1$s COMMAND [ARGUMENT...]
        outer=$(cat "%2$s/pid")
        read -r inner < "/proc/$outer/task/$outer/children"
        [ "$1" != tailjar ] || { shift; set -- "%3$s" "$@"; }
        exec nsenter -t "$inner" %4$s --mount --pid -- nsenter --net=%5$s \\
          env "TAILSCALE_SOCKET=%6$s" "$@"
        """
            .formatted(
                name,
                root,
                launcher,
                user ? "--user --preserve-credentials" : "",
                namespace(),
                socket()));
    if (!file.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + file + " executable");
    }
    return file;
  }

  private Path socket() {
    return directory.resolve("sock");
  }

  private List<String> inside(String... command) {
    List<String> line = new ArrayList<>(List.of("nsenter", "--net=" + namespace()));
    line.addAll(List.of(command));
    return line;
  }

  private ProcessBuilder builder(String log, String... command) {
    return new ProcessBuilder(inside(command))
        .redirectErrorStream(true)
        .redirectInput(Programs.NO)
        .redirectOutput(directory.resolveSibling(log).toFile());
  }

  private static void ip(String... arguments) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("ip"));
    line.addAll(List.of(arguments));
    Programs.output(line);
  }
}
