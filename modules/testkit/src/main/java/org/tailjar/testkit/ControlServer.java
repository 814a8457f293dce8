package org.tailjar.testkit;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.ChallengePublicKey;
import org.tailjar.crypto.CryptoException;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.DnsConfig;
import org.tailjar.headscale.FilterRuleWire;
import org.tailjar.headscale.MapRequest;
import org.tailjar.headscale.MapResponse;
import org.tailjar.headscale.Node;
import org.tailjar.headscale.NoiseException;
import org.tailjar.headscale.NoiseHandshake;
import org.tailjar.headscale.RegisterRequest;
import org.tailjar.headscale.RegisterResponse;
import org.tailjar.headscale.WireJson;

/**
 * The server's side of the control protocol: key, ts2021, registration and map streams. Part of a
 * {@link TestTailnet}, and ends with it. Thread-safe.
 */
public final class ControlServer {

  /** The oldest capability version that is let in, as by Headscale 0.29. */
  public static final int MIN_CAPABILITY_VERSION = 113;

  private static final Duration KEEP_ALIVE = Duration.ofSeconds(50);
  private static final String PROTOCOL = "tailscale-control-protocol";
  private static final String LOGIN_PATH = "/register/";
  private static final byte[] NOTHING = new byte[0];

  private final MachinePrivateKey key = MachinePrivateKey.generate();
  private final ChallengePublicKey challenge =
      ChallengePublicKey.of(MachinePrivateKey.generate().publicKey().bytes());
  private final URI url;
  private final Registry registry;

  ControlServer(URI url, DerpMapWire derpMap, String domain, Patience patience) {
    this.url = url;
    this.registry = new Registry(derpMap, domain, patience);
  }

  /** Ends all map streams. */
  void close() {
    registry.close();
  }

  /** A new pre-auth key. */
  public String newAuthKey(AuthKeyOptions options) {
    return registry.issueAuthKey(options);
  }

  /** All nodes, as their peers see them. */
  public List<Node> nodes() {
    return registry.nodes();
  }

  /** Whether a node of that key has joined. */
  public boolean knows(NodePublicKey nodeKey) {
    return registry.knows(nodeKey);
  }

  /**
   * Replaces what all nodes let in; at first that is everything, and an empty list is nothing. See
   * {@link FilterRules}.
   */
  public void filter(List<FilterRuleWire> rules) {
    registry.filter(rules);
  }

  /** Replaces the DNS settings of all nodes; at first that is MagicDNS without other resolvers. */
  public void dns(DnsConfig settings) {
    registry.dns(settings);
  }

  /** Ends the authority of a node's key, as {@code headscale nodes expire}. */
  public void expire(long nodeId) {
    registry.expire(nodeId);
  }

  /** Deletes a node. */
  public void remove(long nodeId) {
    registry.remove(nodeId);
  }

  /**
   * Approves a login, as a person would at its URL.
   *
   * @throws IllegalArgumentException if no node was sent to that URL
   */
  public void approve(String loginUrl, AuthKeyOptions options) {
    login(loginUrl)
        .orElseThrow(() -> new IllegalArgumentException("no login at " + loginUrl))
        .complete(options);
  }

  private Optional<CompletableFuture<AuthKeyOptions>> login(String loginUrl) {
    return registry.login(loginUrl.substring(loginUrl.lastIndexOf('/') + 1));
  }

  /** Answers what is the control server's; false for other paths. */
  boolean handle(HttpExchange exchange) throws IOException {
    switch (exchange.path()) {
      case "/key" -> answerKey(exchange);
      case "/ts2021" -> upgrade(exchange);
      case "/health" ->
          exchange.respond(200, "application/health+json", text("{\"status\":\"pass\"}"));
      default -> {
        return false;
      }
    }
    return true;
  }

  private void answerKey(HttpExchange exchange) throws IOException {
    if (!exchange.parameter("v").matches("[0-9]{1,9}")) {
      exchange.respond(400, "text/plain", text("no capability version"));
      return;
    }
    String json =
        "{\"legacyPublicKey\":\"mkey:%s\",\"publicKey\":\"%s\"}"
            .formatted("0".repeat(64), key.publicKey().text());
    exchange.respond(200, "application/json", text(json));
  }

  private void upgrade(HttpExchange exchange) throws IOException {
    NoiseHandshake.Accepted accepted;
    try {
      byte[] initiation = Base64.getDecoder().decode(exchange.header("X-Tailscale-Handshake"));
      accepted = NoiseHandshake.accept(key, initiation);
    } catch (IllegalArgumentException | NoiseException | CryptoException e) {
      exchange.respond(400, "text/plain", text("no handshake"));
      return;
    }
    if (accepted.version() < MIN_CAPABILITY_VERSION) {
      exchange.respond(400, "text/plain", text("unsupported client version"));
      return;
    }
    exchange.upgrade(PROTOCOL, Map.of());
    NoiseConnection connection = NoiseConnection.open(accepted, exchange.in(), exchange.out());
    connection.writeEarlyPayload("{\"nodeKeyChallenge\":\"" + challenge.text() + "\"}");
    new Http2Server(connection, (path, body, reply) -> answer(connection, path, body, reply)).run();
  }

  private void answer(NoiseConnection connection, String path, byte[] body, Http2Server.Reply reply)
      throws IOException, InterruptedException {
    switch (path) {
      case "/machine/register" ->
          register(connection, WireJson.decode(RegisterRequest.class, body), reply);
      case "/machine/map" -> map(connection, WireJson.decode(MapRequest.class, body), reply);
      default -> reply.respond(501, NOTHING);
    }
  }

  private void register(
      NoiseConnection connection, RegisterRequest request, Http2Server.Reply reply)
      throws IOException, InterruptedException {
    if (request.version() < MIN_CAPABILITY_VERSION) {
      reply.respond(400, text("unsupported client version"));
      return;
    }
    AuthKeyOptions approved = null;
    String followup = request.followup();
    if (followup != null && !followup.isEmpty()) {
      approved = awaitApproval(followup);
    }
    RegisterResponse response =
        registry
            .register(connection.machineKey(), request, approved)
            .orElseGet(
                () ->
                    new RegisterResponse(
                        null, null, false, false, url + LOGIN_PATH + registry.openLogin(), ""));
    reply.respond(200, WireJson.encode(response));
  }

  private @Nullable AuthKeyOptions awaitApproval(String loginUrl) throws InterruptedException {
    try {
      Optional<CompletableFuture<AuthKeyOptions>> login = login(loginUrl);
      return login.isPresent() ? login.get().get() : null;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private void map(NoiseConnection connection, MapRequest request, Http2Server.Reply reply)
      throws IOException, InterruptedException {
    if (request.version() < MIN_CAPABILITY_VERSION) {
      reply.respond(400, text("unsupported client version"));
    } else if (request.stream()) {
      stream(connection, request, reply);
    } else if (registry.update(connection.machineKey(), request)) {
      reply.respond(200, NOTHING);
    } else {
      reply.respond(404, text("node not found"));
    }
  }

  private void stream(NoiseConnection connection, MapRequest request, Http2Server.Reply reply)
      throws IOException, InterruptedException {
    Optional<MapStream> opened = registry.open(connection.machineKey(), request);
    if (opened.isEmpty()) {
      reply.respond(404, text("node not found"));
      return;
    }
    MapStream stream = opened.get();
    reply.onClose(stream::close);
    try {
      reply.begin(200);
      while (!stream.isClosed()) {
        MapResponse message = stream.next(KEEP_ALIVE);
        if (stream.isClosed()) {
          break;
        }
        MapResponse next = message == null ? MapMessages.keepAlive(Instant.now()) : message;
        reply.send(frame(WireJson.encode(next), request.compress().equals("zstd")), false);
      }
      if (reply.isOpen()) {
        reply.send(NOTHING, true);
      }
    } finally {
      registry.close(stream);
    }
  }

  /** A message of the map stream: four bytes of length, little-endian, and the body. */
  private static byte[] frame(byte[] json, boolean compressed) {
    byte[] body = compressed ? ZstdFrame.of(json) : json;
    return ByteBuffer.allocate(Integer.BYTES + body.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(body.length)
        .put(body)
        .array();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
