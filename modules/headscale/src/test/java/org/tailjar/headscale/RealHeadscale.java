package org.tailjar.headscale;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** A real headscale on loopback, with a state of its own that ends with it. */
final class RealHeadscale implements AutoCloseable {

  private final Path program;
  private final Path directory;
  private final Path config;
  private final int port;
  private final boolean tls;
  private Process process;

  private RealHeadscale(Path program, Path directory, boolean tls, String relays) throws Exception {
    this.tls = tls;
    this.program = program;
    this.directory = directory;
    this.config = directory.resolve("config.yaml");
    this.port = freePort();
    Files.writeString(
        config,
        """
        server_url: %s
        listen_addr: 127.0.0.1:%d
        metrics_listen_addr: 127.0.0.1:%d
        grpc_listen_addr: 127.0.0.1:%d
        unix_socket: %s/hs.sock
        unix_socket_permission: "0770"
        noise: {private_key_path: %s/noise.key}
        prefixes: {v4: 100.64.0.0/10, v6: "fd7a:115c:a1e0::/48", allocation: sequential}
        derp:
          server: {enabled: true, region_id: 999, region_code: hs, region_name: hs,
            stun_listen_addr: "127.0.0.1:%d", private_key_path: %s/derp.key,
            automatically_add_embedded_derp_region: true, ipv4: 127.0.0.1}
          urls: []
          %s
        disable_check_updates: true
        database: {type: sqlite, sqlite: {path: %s/db.sqlite, write_ahead_log: true}}
        log: {level: info}
        policy: {mode: database}
        dns: {magic_dns: true, base_domain: example.ts, override_local_dns: false,
          nameservers: {global: []},
          extra_records: [{name: extra.example.ts, type: A, value: 100.64.9.9}]}
        """
            .formatted(
                url(),
                port,
                freePort(),
                freePort(),
                directory,
                directory,
                freePort(),
                directory,
                relays,
                directory));
    if (tls) {
      Files.writeString(
          config,
          "tls_cert_path: %s\ntls_key_path: %s\n"
              .formatted(resource("localhost.pem"), resource("localhost.key")),
          StandardOpenOption.APPEND);
    }
    process = start();
    run("users", "create", "u1");
  }

  /** Starts it, or skips the test by the program's name. */
  static RealHeadscale startIn(Path directory, boolean tls) throws Exception {
    return new RealHeadscale(program(), directory, tls, "paths: []\n  auto_update_enabled: false");
  }

  /** As {@link #startIn}, with relays of a file beside its own; it reads the file each second. */
  static RealHeadscale startWithRelays(Path directory, Path file) throws Exception {
    return new RealHeadscale(
        program(),
        directory,
        false,
        "paths: [%s]\n  auto_update_enabled: true\n  update_frequency: 1s".formatted(file));
  }

  private static Path program() {
    @Nullable Path program = find();
    Assumptions.assumeTrue(program != null, "there is no headscale on PATH");
    return program;
  }

  private static @Nullable Path find() {
    for (String place : String.valueOf(System.getenv("PATH")).split(":")) {
      Path candidate = Path.of(place, "headscale");
      if (Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    return null;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  ServerUrl url() {
    return ServerUrl.parse((tls ? "https" : "http") + "://127.0.0.1:" + port);
  }

  /** The authority of its certificate, as a file. */
  Path authority() throws IOException {
    return resource("localhost.pem");
  }

  private Path resource(String name) throws IOException {
    Path file = directory.resolve(name);
    try (InputStream in = RealHeadscale.class.getResourceAsStream(name)) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }

  AuthKey authKey(String... flags) throws Exception {
    return authKey(1, flags);
  }

  AuthKey authKey(int user, String... flags) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("preauthkeys", "create", "-u", Integer.toString(user), "-e", "1h"));
    command.addAll(List.of(flags));
    return AuthKey.of(run(command.toArray(String[]::new)).lines().toList().getLast());
  }

  String run(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(program.toString(), "-c", config.toString()));
    command.addAll(List.of(arguments));
    Process run =
        new ProcessBuilder(command).redirectError(directory.resolve("cli.log").toFile()).start();
    String out = new String(run.getInputStream().readAllBytes()).strip();
    if (!run.waitFor(60, TimeUnit.SECONDS) || run.exitValue() != 0) {
      throw new IOException("headscale " + String.join(" ", arguments) + " failed");
    }
    return out;
  }

  void policy(String json) throws Exception {
    run(
        "policy",
        "set",
        "-f",
        Files.writeString(directory.resolve("policy.json"), json).toString());
  }

  void stop() {
    process.destroyForcibly().onExit().join();
  }

  void restart() throws Exception {
    process = start();
  }

  private Process start() throws Exception {
    Process started =
        new ProcessBuilder(program.toString(), "-c", config.toString(), "serve")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("hs.log").toFile()))
            .start();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      try (Socket probe = new Socket()) {
        probe.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return started;
      } catch (IOException e) {
        if (System.nanoTime() > deadline || !started.isAlive()) {
          started.destroyForcibly();
          throw new IOException(
              "headscale did not start: " + Files.readString(directory.resolve("hs.log")), e);
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  @Override
  public void close() {
    stop();
  }
}
