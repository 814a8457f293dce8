package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Hosts on one bridge, each a network namespace: {@code hs} (10.77.0.1), by which all others reach
 * what is beyond, and {@code na}, {@code nb}, {@code nc}, {@code nd} (10.77.0.2 and up). Programs
 * run in them, with files of the network. Everything is gone after {@link #close}.
 */
public class HostNetwork implements AutoCloseable {

  static final String SERVER = "hs";
  static final String SERVER_ADDRESS = "10.77.0.1";
  static final List<String> HOSTS = List.of("na", "nb", "nc", "nd");

  private static final AtomicInteger SERIAL = new AtomicInteger();

  private final String prefix =
      "tj" + ProcessHandle.current().pid() + "x" + SERIAL.incrementAndGet();
  private final Path directory;

  /** No hosts yet. */
  HostNetwork() {
    try {
      directory = Files.createTempDirectory("tailjar-lab");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes the hosts. */
  final void build() {
    String hub = namespace(SERVER);
    ip("netns", "add", hub);
    ip("-n", hub, "link", "set", "lo", "up");
    ip("-n", hub, "link", "add", "br0", "type", "bridge");
    ip("-n", hub, "link", "set", "br0", "up");
    ip("-n", hub, "addr", "add", SERVER_ADDRESS + "/24", "dev", "br0");
    for (String host : HOSTS) {
      String name = namespace(host);
      ip("netns", "add", name);
      ip("-n", name, "link", "set", "lo", "up");
      ip(
          "link",
          "add",
          "eth0",
          "netns",
          name,
          "type",
          "veth",
          "peer",
          "name",
          "p" + host,
          "netns",
          hub);
      ip("-n", hub, "link", "set", "p" + host, "master", "br0", "up");
      ip("-n", name, "addr", "add", address(host) + "/24", "dev", "eth0");
      ip("-n", name, "link", "set", "eth0", "up");
      ip("-n", name, "route", "add", "default", "via", SERVER_ADDRESS);
    }
  }

  private static void ip(String... arguments) {
    List<String> line = new ArrayList<>(List.of("ip"));
    line.addAll(List.of(arguments));
    Shell.run(Shell.PATIENCE, line).succeeded();
  }

  /** Where the files of the network are. */
  final Path directory() {
    return directory;
  }

  /** A file of the network, by its name. */
  public Path file(String name) {
    return directory.resolve(name);
  }

  /** The name of the network namespace that a host is. */
  public String namespace(String host) {
    return prefix + host;
  }

  /** A host's address on the bridge. */
  public String address(String host) {
    return "10.77.0." + (2 + HOSTS.indexOf(host));
  }

  public Path write(String name, String text) {
    try {
      return Files.writeString(file(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String read(String name) {
    try {
      return Files.exists(file(name)) ? Files.readString(file(name)) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A command line that runs in the namespace of a host. */
  public List<String> inside(String host, String... command) {
    List<String> line = new ArrayList<>(List.of("ip", "netns", "exec", namespace(host)));
    line.addAll(List.of(command));
    return line;
  }

  public Shell.Result run(String host, String... command) {
    return Shell.run(Shell.PATIENCE, inside(host, command));
  }

  /** Waits until somebody at a host listens at a port of TCP. */
  void awaitListener(String host, int port) {
    awaitSocket(host, "-Htln", port);
  }

  /** Waits until {@code ss} with these options shows a socket of this port at a host. */
  void awaitSocket(String host, String options, int port) {
    assertThat(Shell.eventually(() -> run(host, "ss", options).output().contains(":" + port + " ")))
        .as("somebody listens at port %d of %s", port, host)
        .isTrue();
  }

  /** Starts a program in the namespace of a host; its output goes to a file of the lab. */
  public Process spawn(String host, Path log, Map<String, String> environment, String... command) {
    return spawn(log, environment, inside(host, command));
  }

  /** Starts a program wherever its command line says; its output goes to a file of the lab. */
  Process spawn(Path log, Map<String, String> environment, List<String> line) {
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("TAILSCALE_") || name.startsWith("TS_"));
    builder.environment().putAll(environment);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Drops every UDP datagram that leaves these hosts by their Ethernet, so that only the relay is
   * left.
   */
  public void blockUdp(String... hosts) {
    for (String host : hosts) {
      run(host, "nft", "add", "table", "inet", "blk").succeeded();
      run(
              host,
              "nft",
              "add",
              "chain",
              "inet",
              "blk",
              "o",
              "{ type filter hook output priority 0 ; }")
          .succeeded();
      run(
              host, "nft", "add", "rule", "inet", "blk", "o", "oifname", "eth0", "meta", "l4proto",
              "udp", "drop")
          .succeeded();
    }
  }

  public void unblockUdp(String... hosts) {
    for (String host : hosts) {
      run(host, "nft", "delete", "table", "inet", "blk").succeeded();
    }
  }

  @Override
  public void close() {
    for (String host : Stream.concat(Stream.of(SERVER), HOSTS.stream()).toList()) {
      Shell.run("sh", "-c", "ip netns pids " + namespace(host) + " 2>/dev/null | xargs -r kill -9");
      Shell.run("ip", "netns", "del", namespace(host));
    }
    try (var files = Files.walk(directory)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
