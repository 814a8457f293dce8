package org.tailjar.headscale;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.transport.Dialer;

/** A control client and a server that misbehaves to order. */
abstract class ControlClientFixture {

  static final NodePublicKey NODE = NodePrivateKey.generate().publicKey();
  static final String SELF =
      "{\"Node\":{\"ID\":1,\"Name\":\"a.example.ts.\",\"Key\":\"%s\"}}".formatted(NODE);
  static final String REGISTERED = "{\"MachineAuthorized\":true,\"AuthURL\":\"\",\"Error\":\"\"}";
  static final String SECRET = "hskey-auth-verysecret";

  final RecordingListener listener = new RecordingListener();
  ScriptedServer server;
  ControlClient client;

  @BeforeEach
  void start() throws IOException {
    server = new ScriptedServer();
    client = client(Duration.ofSeconds(20));
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  ControlClient client(Duration watchdog) throws IOException {
    return client(server, listener, watchdog);
  }

  static ControlClient client(ScriptedServer server, ControlListener listener, Duration watchdog)
      throws IOException {
    Duration request = Duration.ofSeconds(60);
    return client(
        server,
        listener,
        new ControlConfig.Timings(request, request, watchdog, Duration.ofMillis(200)));
  }

  static ControlClient client(
      ScriptedServer server, ControlListener listener, ControlConfig.Timings timings)
      throws IOException {
    return new ControlClient(
        new ControlConfig(
            server.url(),
            Dialer.builder().build(),
            MachinePrivateKey.generate(),
            Hostinfo.of("alpha"),
            DiscoPrivateKey.generate().publicKey(),
            "0.1.0",
            timings),
        listener);
  }

  CompletableFuture<Void> poll() {
    return poll(client);
  }

  static CompletableFuture<Void> poll(ControlClient client) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              client.poll(NODE);
              ended.complete(null);
            });
    return ended;
  }

  Registration register() throws IOException {
    return client.register(NODE, NodePublicKey.ZERO, null);
  }

  List<String> bodies(String path) {
    return server.requests.stream()
        .filter(r -> r.path().equals(path))
        .map(ScriptedServer.Request::body)
        .toList();
  }
}
