package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A real headscale on the host {@code hs}, with its DERP and its STUN server. */
public final class HeadscaleServer implements ControlServer {

  /** The part of the configuration named {@code dns}, unless a test has its own. */
  static final String DNS =
      """
      dns: {magic_dns: true, base_domain: example.ts, override_local_dns: false, nameservers: {global: []}}
      """;

  /** The lines of a node's JSON, and not of its user's or its auth key's. */
  private static final Pattern IDENTITY =
      Pattern.compile(
          "^\t\t?\"(id|machine_key|node_key|given_name)\":|^\\s*\"(100\\.|fd7a:)[0-9a-f.:]+\"");

  private final HostNetwork network;
  private final String url;
  private final Path configuration;
  private @Nullable Process process;

  /**
   * A server that is not started yet.
   *
   * @param tls what it serves https with; empty for http
   */
  HeadscaleServer(HostNetwork network, String dns, Optional<Certificate> tls) {
    this.network = network;
    url = (tls.isPresent() ? "https" : "http") + "://" + HostNetwork.SERVER_ADDRESS + ":8443";
    configuration =
        network.write(
            "config.yaml", configuration() + dns + tls.map(HeadscaleServer::tls).orElse(""));
  }

  private static String tls(Certificate certificate) {
    return "tls_cert_path: %s\ntls_key_path: %s\n".formatted(certificate.pem(), certificate.key());
  }

  private String configuration() {
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
        .formatted(url, network.directory());
  }

  void start() {
    process =
        network.spawn(
            HostNetwork.SERVER,
            network.file("hs.log"),
            Map.of(),
            "headscale",
            "-c",
            configuration.toString(),
            "serve");
    assertThat(
            Shell.eventually(
                () -> Files.exists(network.file("hs.sock")) && run("users", "list").status() == 0))
        .as("headscale answers; its log: %s", network.read("hs.log"))
        .isTrue();
  }

  void stop() {
    if (process != null) {
      process.destroy();
      Shell.await(process);
    }
  }

  /** Its command line. */
  public Shell.Result run(String... arguments) {
    List<String> line =
        network.inside(HostNetwork.SERVER, "headscale", "-c", configuration.toString());
    line.addAll(List.of(arguments));
    return Shell.run(Shell.PATIENCE, line);
  }

  /** The user whom keys are for. */
  void createUser() {
    run("users", "create", "u1").succeeded();
  }

  @Override
  public String url() {
    return url;
  }

  @Override
  public String key(String... flags) {
    List<String> arguments =
        new ArrayList<>(List.of("preauthkeys", "create", "-u", "1", "-e", "24h"));
    arguments.addAll(List.of(flags));
    return run(arguments.toArray(String[]::new))
        .succeeded()
        .output()
        .lines()
        .toList()
        .getLast()
        .strip();
  }

  /** Sets the policy, as huJSON. */
  void policy(String json) {
    Path file = network.write("policy.json", json);
    run("policy", "set", "-f", file.toString()).succeeded();
  }

  /** Whether the server shows the node of that name as online. */
  boolean online(String hostname) {
    String nodes = run("nodes", "list", "-o", "json").output();
    return Arrays.stream(nodes.split("\"machine_key\""))
        .anyMatch(
            node ->
                node.contains("\"given_name\": \"" + hostname + "\"")
                    && node.contains("\"online\": true"));
  }

  @Override
  public long nodeCount() {
    return run("nodes", "list", "-o", "json")
        .output()
        .lines()
        .filter(l -> l.contains("\"machine_key\""))
        .count();
  }

  /** What makes the nodes that the server knows the same ones: number, keys, name, addresses. */
  String identities() {
    return run("nodes", "list", "-o", "json")
        .succeeded()
        .output()
        .lines()
        .filter(line -> IDENTITY.matcher(line).find())
        .map(line -> line.strip().replaceFirst(",$", ""))
        .collect(Collectors.joining("\n"));
  }

  @Override
  public void close() {
    stop();
  }
}
