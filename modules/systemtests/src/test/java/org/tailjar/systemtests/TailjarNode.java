package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Our node: the linked runtime, started as a user starts it. */
public final class TailjarNode implements LabNode {

  /** What Docker and podman give a container to end before they kill it. */
  private static final Duration STOP = Duration.ofSeconds(10);

  private final Lab lab;
  private final String host;
  private final Path state;
  private final Map<String, String> environment = new HashMap<>();
  private Path launcher = LinkedRuntime.launcher();
  private @Nullable MemoryGroup group;
  private @Nullable Process process;

  TailjarNode(Lab lab, String host) {
    this.lab = lab;
    this.host = host;
    state = lab.file("state-" + host);
    environment.put("TAILSCALE_SERVER_URL", lab.server().url());
    environment.put("TAILSCALE_HOSTNAME", host);
    environment.put("TAILSCALE_STATE_DIR", state.toString());
    environment.put("TAILSCALE_CA_FILE", lab.certificate().pem().toString());
    environment.put("TAILSCALE_SOCKET", socket());
    environment.put("TAILSCALE_ACCEPT_DNS", "false");
    try {
      Files.createDirectories(state);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public TailjarNode with(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Has it be of another build: the directory of a linked runtime. */
  public TailjarNode of(Path build) {
    launcher = build.resolve("bin/tailjar");
    return this;
  }

  TailjarNode without(String name) {
    environment.remove(name);
    return this;
  }

  /** Has it run in a control group, and its command line, too. */
  TailjarNode in(MemoryGroup limited) {
    group = limited;
    return this;
  }

  /** The socket of its LocalAPI. */
  public String socket() {
    return lab.file(host + ".sock").toString();
  }

  /** Starts it with a fresh key, and waits until it is ready. */
  public TailjarNode join(String... keyFlags) {
    return with("TAILSCALE_KEY", lab.server().key(keyFlags)).start().awaitReady();
  }

  TailjarNode start() {
    return startBy(launcher.toString(), "run");
  }

  /** Starts it by a command of the caller's. */
  TailjarNode startBy(String... command) {
    process = lab.spawn(log(), environment, grouped(lab.inside(host, command)));
    return this;
  }

  private List<String> grouped(List<String> line) {
    return group == null ? line : group.inside(line);
  }

  TailjarNode awaitReady() {
    assertThat(Shell.eventually(() -> tailjar("healthcheck").status() == 0))
        .as("%s becomes ready; its log: %s", host, logText())
        .isTrue();
    return this;
  }

  /** The command line of the node. */
  public Shell.Result tailjar(String... arguments) {
    List<String> line =
        new ArrayList<>(
            lab.inside(host, "env", "TAILSCALE_SOCKET=" + environment.get("TAILSCALE_SOCKET")));
    line.add(launcher.toString());
    line.addAll(List.of(arguments));
    return Shell.run(Shell.PATIENCE, grouped(line));
  }

  @Override
  public String ip4() {
    return tailjar("ip", "-4").succeeded().output();
  }

  @Override
  public String ip6() {
    return tailjar("ip", "-6").succeeded().output();
  }

  String statusJson() {
    return tailjar("status", "--json").succeeded().output();
  }

  /** How many peers the server says are online. */
  long peersOnline() {
    String peers = statusJson();
    return peers
        .substring(peers.indexOf("\"Peer\""))
        .lines()
        .filter(line -> line.contains("\"Online\": true"))
        .count();
  }

  /** How many calls to the system carried how many packets since the start. */
  record Calls(long calls, long packets) {
    double meanSince(Calls before) {
      return (double) (packets - before.packets) / (calls - before.calls);
    }
  }

  /** The names of its threads, of which the kernel keeps 15 bytes. */
  List<String> threads() {
    // Those that end meanwhile are none of the answer.
    String command = "cat /proc/" + pid() + "/task/*/comm 2>/dev/null";
    return Shell.run("sh", "-c", command).output().lines().toList();
  }

  /** The counters of {@code status --json} for {@code TunRead}, {@code UDPSend} and so on. */
  Calls calls(String name) {
    Matcher matcher =
        Pattern.compile("\"" + name + "\": \\{\\s*\"Calls\": (\\d+),\\s*\"Packets\": (\\d+)")
            .matcher(statusJson());
    assertThat(matcher.find()).as("status has %s", name).isTrue();
    return new Calls(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)));
  }

  /**
   * Sends SIGTERM to the very process that was started, and gives its exit status; it must end
   * before an engine of containers would kill it.
   */
  int terminate() {
    Shell.run("kill", "-TERM", Long.toString(pid())).succeeded();
    return awaitExit(STOP);
  }

  /** Waits for it to end by itself. */
  int awaitExit() {
    return awaitExit(Shell.PATIENCE);
  }

  private int awaitExit(Duration limit) {
    Process running = running();
    try {
      assertThat(running.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS))
          .as("%s ends within %s; its log: %s", host, limit, logText())
          .isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return running.exitValue();
  }

  void kill() {
    running().destroyForcibly();
    Shell.await(running());
  }

  boolean isRunning() {
    return running().isAlive();
  }

  @Override
  public long pid() {
    return running().pid();
  }

  private Process running() {
    assertThat(process).as("%s was started", host).isNotNull();
    return java.util.Objects.requireNonNull(process);
  }

  Path log() {
    return lab.file("tailjar-" + host + ".log");
  }

  String logText() {
    return lab.read("tailjar-" + host + ".log");
  }

  Path state() {
    return state;
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroy();
      Shell.await(process);
    }
  }
}
