package org.tailjar.systemtests.throughput;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;
import org.tailjar.systemtests.TailjarNode;

/** A build of ours, with options for its JVM and variables of its environment. */
public record TailjarPeer(
    String name, Path build, List<String> options, Map<String, String> environment, String version)
    implements Peer {

  private static final Map<Metric, String> COUNTERS =
      Map.of(
          Metric.TUN_READ, "TunRead",
          Metric.UDP_SEND, "UDPSend",
          Metric.UDP_RECEIVE, "UDPReceive",
          Metric.TUN_WRITE, "TunWrite");

  /** Commas part options and variables; a comma within one is followed by neither. */
  private static final Pattern SEPARATOR = Pattern.compile(",(?=-|[A-Z][A-Za-z0-9_]*=)");

  private static final Pattern NAME = Pattern.compile("([\\w.+-]+)=(.*)");

  /**
   * Reads {@code [NAME=]DIR[,OPTION|,VARIABLE=VALUE]...}.
   *
   * @param here what a relative DIR is relative to
   * @throws IllegalArgumentException if there is no linked runtime at DIR
   */
  public static TailjarPeer parse(String text, Path here) {
    Matcher named = NAME.matcher(text);
    String name = named.matches() ? named.group(1) : "tailjar";
    String[] parts = SEPARATOR.split(named.matches() ? named.group(2) : text);
    Path build = here.resolve(parts[0]).normalize();
    Map<String, String> environment =
        Arrays.stream(parts)
            .skip(1)
            .filter(part -> !part.startsWith("-"))
            .map(part -> part.split("=", 2))
            .collect(Collectors.toMap(p -> p[0], p -> p[1], (a, b) -> b, LinkedHashMap::new));
    List<String> options =
        Arrays.stream(parts).skip(1).filter(part -> part.startsWith("-")).toList();
    return of(name, build, options, environment);
  }

  /** A build without options. */
  public static TailjarPeer of(Path build) {
    return of("tailjar", build, List.of(), Map.of());
  }

  private static TailjarPeer of(
      String name, Path build, List<String> options, Map<String, String> environment) {
    Shell.Result version;
    String program = build.resolve("bin/tailjar").toString();
    try {
      version = Shell.run(program, "version");
    } catch (UncheckedIOException e) {
      throw new IllegalArgumentException(
          "no linked runtime at " + build + ": scripts/build makes one", e);
    }
    if (version.status() != 0) {
      throw new IllegalArgumentException(program + " version: " + version.output());
    }
    return new TailjarPeer(name, build, options, environment, version.output());
  }

  @Override
  public boolean relays() {
    return true;
  }

  @Override
  public Tunnel open(int receivers, Lab.Scheme scheme) {
    Lab lab = scheme == Lab.Scheme.HTTPS ? Lab.start(scheme) : Lab.startWithAnyServer();
    try {
      Map<String, TailjarNode> nodes = new LinkedHashMap<>();
      hosts(receivers).forEach(host -> nodes.put(host, start(lab, host)));
      List<Tunnel.End> ends =
          nodes.entrySet().stream()
              .map(entry -> Tunnel.End.of(entry.getKey(), entry.getValue()))
              .toList();
      TailjarNode sender = nodes.get(Tunnel.SENDER);
      return new TailnetTunnel(
          lab,
          ends,
          address -> sender.tailjar("ping", address).output(),
          host -> calls(nodes.get(host)));
    } catch (RuntimeException | AssertionError e) {
      lab.close();
      throw e;
    }
  }

  private TailjarNode start(Lab lab, String host) {
    TailjarNode node = lab.tailjar(host).of(build);
    environment.forEach(node::with);
    if (!options.isEmpty()) {
      // The one variable whose options win over those of the launcher.
      node.with("_JAVA_OPTIONS", String.join(" ", options));
    }
    return node.join("--reusable");
  }

  private static Map<Metric, Tunnel.Calls> calls(TailjarNode node) {
    String status =
        Shell.run(
                "curl",
                "-sS",
                "--max-time",
                "10",
                "--unix-socket",
                node.socket(),
                "http://local-tailscaled.sock/localapi/v0/status?peers=false")
            .succeeded()
            .output();
    return COUNTERS.entrySet().stream()
        .collect(
            Collectors.toMap(entry -> entry.getKey(), entry -> counter(status, entry.getValue())));
  }

  private static Tunnel.Calls counter(String status, String name) {
    Matcher matcher =
        Pattern.compile(
                "\""
                    + name
                    + "\"\\s*:\\s*\\{\\s*\"Calls\"\\s*:\\s*(\\d+),\\s*\"Packets\"\\s*:"
                    + "\\s*(\\d+)")
            .matcher(status);
    if (!matcher.find()) {
      throw new IllegalStateException("the status has no " + name + ": " + status);
    }
    return new Tunnel.Calls(
        Long.parseLong(Objects.requireNonNull(matcher.group(1))),
        Long.parseLong(Objects.requireNonNull(matcher.group(2))));
  }
}
