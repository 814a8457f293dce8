package org.tailjar.magicsock;

import java.io.File;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.derp.DerpConfig;
import org.tailjar.derp.DerpConnections;
import org.tailjar.derp.DerpMap;
import org.tailjar.derp.DerpNode;
import org.tailjar.derp.DerpRegion;
import org.tailjar.transport.Dialer;

/** A real headscale on loopback for its DERP and STUN servers, which take any client. */
final class RealHeadscale implements AutoCloseable {

  static final int REGION = 999;

  private final Path directory;
  private final Process process;
  private final boolean tls;
  final int tcpPort;
  final int stunPort;

  private RealHeadscale(Path program, boolean tls) throws IOException, InterruptedException {
    this.tls = tls;
    directory = Files.createTempDirectory("headscale");
    try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        DatagramSocket udp = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
      tcpPort = tcp.getLocalPort();
      stunPort = udp.getLocalPort();
    }
    if (tls) {
      run(
          "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
              + " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
              + " -keyout tls.key -out tls.pem");
    }
    Files.writeString(directory.resolve("config.yaml"), config());
    process =
        new ProcessBuilder(program.toString(), "-c", "config.yaml", "serve")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    awaitListening();
  }

  /** Starts one; empty when there is no program of that name on PATH. */
  static Optional<RealHeadscale> start(boolean tls) throws IOException, InterruptedException {
    Optional<Path> program =
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .map(each -> Path.of(each, "headscale"))
            .filter(Files::isExecutable)
            .findFirst();
    return program.isEmpty()
        ? Optional.empty()
        : Optional.of(new RealHeadscale(program.get(), tls));
  }

  /** Its DERP map, as it would send it. */
  DerpMap map() {
    DerpNode node =
        new DerpNode(
            "999a", REGION, "127.0.0.1", "", "127.0.0.1", "", stunPort, false, tcpPort, false);
    return DerpMap.of(
        Map.of(REGION, new DerpRegion(REGION, "test", "Test", false, false, List.of(node))));
  }

  /** A node at its relay. */
  TestNode node() throws IOException {
    NodePrivateKey key = NodePrivateKey.generate();
    Dialer dialer =
        Dialer.builder().extraAuthorities(tls ? directory.resolve("tls.pem") : null).build();
    DerpConfig config =
        new DerpConfig(
            key, dialer, tls ? null : new DerpConfig.PlainHttpServer("127.0.0.1", tcpPort));
    return new TestNode(key, (input, listener) -> new DerpConnections(config, input, listener));
  }

  private String config() {
    String tlsLines = tls ? "tls_cert_path: tls.pem\ntls_key_path: tls.key\n" : "";
    return """
    server_url: %1$s://127.0.0.1:%2$d
    listen_addr: 127.0.0.1:%2$d
    metrics_listen_addr: ""
    unix_socket: %4$s/hs.sock
    noise: {private_key_path: noise.key}
    prefixes: {v4: 100.64.0.0/10, v6: "fd7a:115c:a1e0::/48", allocation: sequential}
    derp:
      server: {enabled: true, region_id: 999, region_code: test, region_name: Test,
               verify_clients: false, stun_listen_addr: "127.0.0.1:%3$d",
               private_key_path: derp.key, ipv4: 127.0.0.1,
               automatically_add_embedded_derp_region: true}
      urls: []
      paths: []
      auto_update_enabled: false
    database: {type: sqlite, sqlite: {path: db.sqlite}}
    dns: {magic_dns: true, base_domain: hs.test, override_local_dns: false}
    disable_check_updates: true
    log: {level: info}
    """
            .formatted(tls ? "https" : "http", tcpPort, stunPort, directory)
        + tlsLines;
  }

  private void run(String command) throws IOException, InterruptedException {
    Process done =
        new ProcessBuilder(command.split(" "))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("openssl.log").toFile())
            .start();
    if (done.waitFor() != 0) {
      throw new IOException("failed: " + command);
    }
  }

  private void awaitListening() throws IOException {
    Await.until("headscale listens or has ended", () -> isListening() || !process.isAlive());
    if (!process.isAlive()) {
      throw new IOException(Files.readString(directory.resolve("log")));
    }
  }

  private boolean isListening() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", tcpPort), 200);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    process.onExit().join();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
