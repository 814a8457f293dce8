package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A small network of namespaces: {@code hs} (10.77.0.1) with a real headscale, its DERP and its
 * STUN server, and the hosts {@code na}, {@code nb}, {@code nc}, {@code nd} (10.77.0.2 and up) on
 * one bridge. Everything is gone after {@link #close}.
 */
public final class Lab implements AutoCloseable {

  /** How the control server is reached. */
  public enum Scheme {
    HTTP,
    HTTPS
  }

  /** What the nodes join. */
  private enum Server {
    HEADSCALE,
    TESTKIT,
    NONE
  }

  private static final String DNS =
      """
      dns: {magic_dns: true, base_domain: example.ts, override_local_dns: false, nameservers: {global: []}}
      """;

  static final List<String> HOSTS = List.of("na", "nb", "nc", "nd");

  /** What every lab starts itself. */
  private static final String[] TOOLS = {"ip", "socat", "openssl", "nft"};

  /** The lines of a node's JSON, and not of its user's or its auth key's. */
  private static final Pattern IDENTITY =
      Pattern.compile(
          "^\t\t?\"(id|machine_key|node_key|given_name)\":|^\\s*\"(100\\.|fd7a:)[0-9a-f.:]+\"");

  private static final AtomicInteger SERIAL = new AtomicInteger();

  private final String prefix =
      "tj" + ProcessHandle.current().pid() + "x" + SERIAL.incrementAndGet();
  private final Scheme scheme;
  private final String dns;
  private final Path directory;
  private final List<AutoCloseable> nodes = new ArrayList<>();
  private Process headscale;
  private @Nullable EmbeddedControl embedded;

  /** Makes the namespaces and starts headscale in them, or says by name what is missing. */
  public static Lab start(Scheme scheme) {
    need("headscale");
    return start(scheme, Server.HEADSCALE, DNS);
  }

  /** The same with these DNS settings, the part of headscale's configuration named {@code dns}. */
  static Lab start(Scheme scheme, String dns) {
    need("headscale");
    return start(scheme, Server.HEADSCALE, dns);
  }

  /** The same over http, with the testkit's control server where there is no headscale. */
  public static Lab startWithAnyServer() {
    return start(
        Scheme.HTTP, Shell.find("headscale").isPresent() ? Server.HEADSCALE : Server.TESTKIT, DNS);
  }

  /** The same over http, with the testkit's control server, relay and STUN server. */
  static Lab startEmbedded() {
    return start(Scheme.HTTP, Server.TESTKIT, DNS);
  }

  /** The hosts and their bridge alone, for tunnels that need no control server. */
  public static Lab startWithoutServer() {
    return start(Scheme.HTTP, Server.NONE, DNS);
  }

  private static Lab start(Scheme scheme, Server server, String dns) {
    need(TOOLS);
    Lab lab = new Lab(scheme, dns);
    try {
      lab.build();
      switch (server) {
        case HEADSCALE -> {
          lab.startHeadscale();
          lab.headscale("users", "create", "u1").succeeded();
        }
        case TESTKIT -> lab.embedded = new EmbeddedControl(lab.inside("hs"), "10.77.0.1");
        case NONE -> {}
      }
      return lab;
    } catch (RuntimeException | AssertionError e) {
      lab.close();
      throw e;
    }
  }

  /** Skips the test, naming what it lacks of what a lab needs and of these programs. */
  public static void needWithLab(String... programs) {
    need(Stream.concat(Stream.of(TOOLS), Stream.of(programs)).toArray(String[]::new));
  }

  /** Skips the test, naming what it lacks. */
  public static void need(String... programs) {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root for network namespaces");
    assumeTrue(Files.exists(Path.of("/dev/net/tun")), "needs /dev/net/tun");
    assumeTrue(
        Files.isExecutable(launcher()),
        "needs the linked runtime at " + launcher() + ": run scripts/build");
    Programs.missing(programs).ifPresent(Assumptions::abort);
  }

  public static Path launcher() {
    return Path.of(System.getProperty("tailjar.dist", "dist/tailjar"), "bin", "tailjar");
  }

  private Lab(Scheme scheme, String dns) {
    this.scheme = scheme;
    this.dns = dns;
    try {
      directory = Files.createTempDirectory("tailjar-lab");
      headscale = new ProcessBuilder("true").start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void build() {
    String hub = namespace("hs");
    ip("netns", "add", hub);
    ip("-n", hub, "link", "set", "lo", "up");
    ip("-n", hub, "link", "add", "br0", "type", "bridge");
    ip("-n", hub, "link", "set", "br0", "up");
    ip("-n", hub, "addr", "add", "10.77.0.1/24", "dev", "br0");
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
      ip("-n", name, "route", "add", "default", "via", "10.77.0.1");
    }
    Shell.run(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=hs.lab",
            "-addext",
            "subjectAltName=DNS:hs.lab,IP:10.77.0.1",
            "-keyout",
            file("tls.key").toString(),
            "-out",
            certificate().toString())
        .succeeded();
    write("config.yaml", configuration());
  }

  private String configuration() {
    String tls =
        scheme == Scheme.HTTPS
            ? "tls_cert_path: %s\ntls_key_path: %s\n".formatted(certificate(), file("tls.key"))
            : "";
    return """
    server_url: %1$s
    listen_addr: 10.77.0.1:8443
    metrics_listen_addr: 127.0.0.1:9090
    grpc_listen_addr: 127.0.0.1:50443
    unix_socket: %2$s/hs.sock
    unix_socket_permission: "0770"
    noise: {private_key_path: %2$s/noise.key}
    prefixes: {v4: 100.64.0.0/10, v6: "fd7a:115c:a1e0::/48", allocation: sequential}
    derp:
      server: {enabled: true, region_id: 999, region_code: hs, region_name: hs, verify_clients: true, \
    stun_listen_addr: "10.77.0.1:3478", private_key_path: %2$s/derp.key, \
    automatically_add_embedded_derp_region: true, ipv4: 10.77.0.1}
      urls: []
      paths: []
      auto_update_enabled: false
    disable_check_updates: true
    database: {type: sqlite, sqlite: {path: %2$s/db.sqlite, write_ahead_log: true}}
    log: {level: info}
    policy: {mode: database}
    """
            .formatted(url(), directory)
        + dns
        + tls;
  }

  /** The server URL that nodes are given. */
  String url() {
    if (embedded != null) {
      return embedded.url();
    }
    return (scheme == Scheme.HTTPS ? "https" : "http") + "://10.77.0.1:8443";
  }

  /** The private certificate authority of the https server. */
  Path certificate() {
    return file("tls.pem");
  }

  public Path file(String name) {
    return directory.resolve(name);
  }

  public String namespace(String host) {
    return prefix + host;
  }

  /** A host's address on the bridge. */
  public String address(String host) {
    return "10.77.0." + (2 + HOSTS.indexOf(host));
  }

  /** A command line that runs in the namespace of a host. */
  public List<String> inside(String host, String... command) {
    List<String> line = new ArrayList<>(List.of("ip", "netns", "exec", namespace(host)));
    line.addAll(List.of(command));
    return line;
  }

  public Shell.Result run(String host, String... command) {
    return Shell.run(Duration.ofSeconds(90), inside(host, command));
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

  void startHeadscale() {
    headscale =
        spawn(
            "hs",
            file("hs.log"),
            Map.of(),
            "headscale",
            "-c",
            file("config.yaml").toString(),
            "serve");
    assertThat(
            Shell.eventually(
                Duration.ofSeconds(30),
                () -> Files.exists(file("hs.sock")) && headscale("users", "list").status() == 0))
        .as("headscale answers; its log: %s", read("hs.log"))
        .isTrue();
  }

  void stopHeadscale() {
    headscale.destroy();
    await(headscale);
  }

  public Shell.Result headscale(String... arguments) {
    List<String> line = inside("hs", "headscale", "-c", file("config.yaml").toString());
    line.addAll(List.of(arguments));
    return Shell.run(Duration.ofSeconds(30), line);
  }

  /** A fresh pre-auth key. */
  String key(String... flags) {
    if (embedded != null && List.of("--reusable").containsAll(List.of(flags))) {
      return embedded.key();
    }
    List<String> arguments =
        new ArrayList<>(List.of("preauthkeys", "create", "-u", "1", "-e", "24h"));
    arguments.addAll(List.of(flags));
    return headscale(arguments.toArray(String[]::new))
        .succeeded()
        .output()
        .lines()
        .toList()
        .getLast()
        .strip();
  }

  /** Sets the policy, as huJSON. */
  void policy(String json) {
    Path file = write("policy.json", json);
    headscale("policy", "set", "-f", file.toString()).succeeded();
  }

  /** Whether the server shows the node of that name as online. */
  boolean online(String hostname) {
    String nodes = headscale("nodes", "list", "-o", "json").output();
    return Arrays.stream(nodes.split("\"machine_key\""))
        .anyMatch(
            node ->
                node.contains("\"given_name\": \"" + hostname + "\"")
                    && node.contains("\"online\": true"));
  }

  /** Number of nodes that the server knows. */
  long nodeCount() {
    if (embedded != null) {
      return embedded.nodeCount();
    }
    return headscale("nodes", "list", "-o", "json")
        .output()
        .lines()
        .filter(l -> l.contains("\"machine_key\""))
        .count();
  }

  /** What makes the nodes that the server knows the same ones: number, keys, name, addresses. */
  String identities() {
    return headscale("nodes", "list", "-o", "json")
        .succeeded()
        .output()
        .lines()
        .filter(line -> IDENTITY.matcher(line).find())
        .map(line -> line.strip().replaceFirst(",$", ""))
        .collect(Collectors.joining("\n"));
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

  /** A node of ours that is not started yet. */
  public TailjarNode tailjar(String host) {
    TailjarNode node = new TailjarNode(this, host);
    nodes.add(node);
    return node;
  }

  /** A real tailscaled that has joined, or the test is skipped by name. */
  public TailscaledNode tailscaled(String host) {
    need("tailscaled", "tailscale");
    TailscaledNode node = new TailscaledNode(this, host);
    nodes.add(node);
    node.join();
    return node;
  }

  /** Sends so many bytes of random data over TCP and compares their checksums. */
  void copy(String from, String to, String address, int megabytes) {
    Path data = file("random-" + megabytes);
    if (!Files.exists(data)) {
      Shell.run("sh", "-c", "head -c " + megabytes + "M /dev/urandom > " + data).succeeded();
    }
    Path got = file("got");
    boolean six = address.indexOf(':') >= 0;
    Process receiver =
        spawn(
            to,
            file("socat.log"),
            Map.of(),
            "socat",
            "-u",
            (six ? "TCP6-LISTEN" : "TCP4-LISTEN") + ":7777,reuseaddr",
            "OPEN:" + got + ",creat,trunc");
    try {
      assertThat(
              Shell.eventually(
                  Duration.ofSeconds(5), () -> run(to, "ss", "-Htln").output().contains(":7777")))
          .as("receiver listens")
          .isTrue();
      String target = six ? "TCP6:[" + address + "]:7777" : "TCP4:" + address + ":7777";
      Shell.run(
              Duration.ofSeconds(120),
              inside(from, "socat", "-u", "OPEN:" + data, target + ",connect-timeout=10"))
          .succeeded();
      await(receiver);
      assertThat(Shell.run("cmp", data.toString(), got.toString()).status())
          .as("%d MB from %s to %s arrive unchanged", megabytes, from, to)
          .isZero();
    } finally {
      receiver.descendants().forEach(ProcessHandle::destroyForcibly);
      receiver.destroyForcibly();
    }
  }

  /** Sends pings and says how many were answered. */
  public int pings(String from, String address, int count) {
    String output =
        run(from, "ping", "-n", "-i", "0.2", "-W", "5", "-c", "" + count, address).output();
    Matcher received = Pattern.compile("(\\d+) received").matcher(output);
    return received.find() ? Integer.parseInt(received.group(1)) : 0;
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

  public static void await(Process process) {
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void ip(String... arguments) {
    List<String> line = new ArrayList<>(List.of("ip"));
    line.addAll(List.of(arguments));
    Shell.run(Duration.ofSeconds(20), line).succeeded();
  }

  @Override
  public void close() {
    // Ctrl-C interrupts the thread that waits for a program of the lab, and the rest must go, too.
    boolean interrupted = Thread.interrupted();
    try {
      takeDown();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void takeDown() {
    IllegalStateException failure = null;
    for (AutoCloseable node : nodes) {
      try {
        node.close();
      } catch (Exception e) {
        failure = new IllegalStateException(e);
      }
    }
    if (embedded != null) {
      embedded.close();
    }
    headscale.destroy();
    await(headscale);
    for (String host : Stream.concat(Stream.of("hs"), HOSTS.stream()).toList()) {
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
    if (failure != null) {
      throw failure;
    }
  }
}
