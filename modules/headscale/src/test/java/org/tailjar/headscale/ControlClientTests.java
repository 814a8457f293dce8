package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.transport.Dialer;

/** The control client against a server that misbehaves to order. */
@Timeout(60)
class ControlClientTests {

  private static final NodePublicKey NODE = NodePrivateKey.generate().publicKey();
  private static final String SELF =
      "{\"Node\":{\"ID\":1,\"Name\":\"a.example.ts.\",\"Key\":\"%s\"}}".formatted(NODE);
  private static final String REGISTERED =
      "{\"MachineAuthorized\":true,\"AuthURL\":\"\",\"Error\":\"\"}";
  private static final String SECRET = "hskey-auth-verysecret";

  private final RecordingListener listener = new RecordingListener();
  private ScriptedServer server;
  private ControlClient client;

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

  private ControlClient client(Duration watchdog) throws IOException {
    return new ControlClient(
        new ControlConfig(
            server.url(),
            Dialer.builder().build(),
            MachinePrivateKey.generate(),
            Hostinfo.of("alpha"),
            DiscoPrivateKey.generate().publicKey(),
            "0.1.0",
            new ControlConfig.Timings(
                Duration.ofSeconds(5), Duration.ofSeconds(5), watchdog, Duration.ofMillis(200))),
        listener);
  }

  private CompletableFuture<Void> poll() {
    return poll(client);
  }

  private static CompletableFuture<Void> poll(ControlClient client) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              client.poll(NODE);
              ended.complete(null);
            });
    return ended;
  }

  private Registration register() throws IOException {
    return client.register(NODE, NodePublicKey.ZERO, null);
  }

  private List<String> bodies(String path) {
    return server.requests.stream()
        .filter(r -> r.path().equals(path))
        .map(ScriptedServer.Request::body)
        .toList();
  }

  // Registration

  @Test
  void aRegistrationCarriesTheAuthKeyOnlyInTheCallThatHasIt() throws Exception {
    server.script = (request, reply) -> reply.status(200).data(REGISTERED).end();
    assertThat(client.register(NODE, NodePublicKey.ZERO, AuthKey.of(SECRET)))
        .isInstanceOf(Registration.Registered.class);
    register();
    client.awaitLogin(NODE, NodePublicKey.ZERO, "http://hs/register/1");
    client.logout(NODE);
    List<String> bodies = bodies("/machine/register");
    assertThat(bodies).hasSize(4);
    assertThat(bodies.get(0)).contains("\"Auth\":{\"AuthKey\":\"" + SECRET + "\"}");
    assertThat(bodies.subList(1, 4)).noneMatch(b -> b.contains("Auth\":"));
    assertThat(bodies.get(2)).contains("\"Followup\":\"http://hs/register/1\"");
    assertThat(bodies.get(3)).contains("\"Expiry\":\"1970-01-01T00:02:03Z\"");
    assertThat(bodies).allMatch(b -> b.contains("\"IPNVersion\":\"0.1.0\""));
    assertThat(server.connections()).as("/key and one connection").isEqualTo(2);
  }

  @Test
  void aRotationNamesTheOldKey() throws Exception {
    NodePublicKey old = NodePrivateKey.generate().publicKey();
    server.script = (request, reply) -> reply.status(200).data(REGISTERED).end();
    client.register(NODE, old, null);
    assertThat(bodies("/machine/register").getFirst())
        .contains("\"NodeKey\":\"" + NODE + "\",\"OldNodeKey\":\"" + old + "\"");
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 404, 429, 500, 502})
  void aRegistrationThatIsAnsweredWithAnErrorIsAnExceptionWithItsText(int status) {
    server.script = (request, reply) -> reply.status(status).data("try\nelsewhere").end();
    assertThatIOException()
        .isThrownBy(() -> client.register(NODE, NodePublicKey.ZERO, AuthKey.of(SECRET)))
        .withMessage("the server answered the registration with status %d: try elsewhere", status)
        .satisfies(e -> assertThat(((ControlException) e).status()).isEqualTo(status))
        .satisfies(e -> assertThat(stackTrace(e)).doesNotContain("verysecret"));
  }

  @Test
  void aServerThatIsBusySaysForHowLong() {
    server.script = (request, reply) -> reply.status(429, "retry-after", "7").end();
    assertThatIOException()
        .isThrownBy(this::register)
        .satisfies(
            e -> assertThat(((ControlException) e).retryAfter()).isEqualTo(Duration.ofSeconds(7)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "{", "<html>", "[]"})
  void aRegistrationThatIsNotAnsweredWithJsonIsAnError(String body) {
    server.script = (request, reply) -> reply.status(200).data(body).end();
    assertThatIOException().isThrownBy(this::register).withMessageStartingWith("the server sent");
  }

  @Test
  void aLogoutThatIsRefusedIsAnError() {
    server.script = (request, reply) -> reply.status(200).data("{\"Error\":\"no\"}").end();
    assertThatIOException()
        .isThrownBy(() -> client.logout(NODE))
        .withMessage("the server refused the logout: no");
  }

  @Test
  void aRegistrationIsRepeatedWhenItsOldConnectionIsDead() throws Exception {
    server.script = (request, reply) -> reply.status(200).data(REGISTERED).end();
    register();
    server.closeConnections();
    assertThat(register()).isInstanceOf(Registration.Registered.class);
  }

  @Test
  void aRegistrationIsMadeAfterTheServerSaidGoodbye() throws Exception {
    server.script =
        (request, reply) -> {
          reply.status(200).data(REGISTERED).end();
          reply.goAway(0);
        };
    register();
    assertThat(register()).isInstanceOf(Registration.Registered.class);
  }

  // Before HTTP/2

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP/1.1 404 Not Found\\r\\nContent-Length: 4\\r\\n\\r\\nnope"
            + " | answered /key with status 404; is it a Headscale? nope",
        "HTTP/1.1 301 Moved\\r\\nLocation: https://x/\\r\\nContent-Length: 0\\r\\n\\r\\n"
            + " | redirects to https://x/; use that address as the server URL",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{} | answered /key with no key",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\n<htm> | answered /key with no key",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\n{} | cut short",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 70000\\r\\n\\r\\n | cut short",
        "SSH-2.0-OpenSSH\\r\\n\\r\\n | not HTTP",
        "'' | closed the connection instead of answering",
      })
  void aServerThatIsNoHeadscaleIsToldByItsKeyAnswer(String answer, String message) {
    server.keyAnswer = answer.replace("\\r\\n", "\r\n");
    assertThatIOException().isThrownBy(this::register).withMessageContaining(message);
  }

  @Test
  void aKeyAnswerThatIsEndlessIsRefused() {
    server.keyAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + "x".repeat(900_000);
    assertThatIOException().isThrownBy(this::register).withMessageContaining("too long");
  }

  @Test
  void aKeyAnswerInChunksIsRead() throws Exception {
    String json = "{\"publicKey\":\"" + server.key.publicKey() + "\"}";
    server.keyAnswer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"
            + json.substring(0, 5)
            + "\r\n"
            + Integer.toHexString(json.length() - 5)
            + "\r\n"
            + json.substring(5)
            + "\r\n0\r\n\r\n";
    server.script = (request, reply) -> reply.status(200).data(REGISTERED).end();
    assertThat(register()).isInstanceOf(Registration.Registered.class);
  }

  @Test
  void aServerThatStripsTheUpgradeIsNamedAsSuch() {
    server.upgradeAnswer = ScriptedServer.http("400 Bad Request", "missing upgrade");
    assertThatIOException()
        .isThrownBy(this::register)
        .withMessageContaining("status 400; does a proxy before it strip Upgrade? missing upgrade");
  }

  @Test
  void aNoiseErrorIsRepeatedAsTextAlone() {
    server.noiseAnswer = new byte[] {3, 0, 6, 'n', 'o', '\n', 'w', 'a', 'y'};
    assertThatIOException()
        .isThrownBy(this::register)
        .isInstanceOf(NoiseException.class)
        .withMessage(server.url() + " refused the Noise handshake: no way");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 50})
  void aHandshakeThatEndsEarlyIsAnError(int length) {
    server.noiseAnswer = Arrays.copyOf(new byte[] {2, 0, 48}, length);
    assertThatIOException()
        .isThrownBy(this::register)
        .withMessageContaining("closed the connection during the Noise handshake");
  }

  @Test
  void aServerWithANewKeyIsAcceptedAfterItFailed() throws Exception {
    server.script = (request, reply) -> reply.status(200).data(REGISTERED).end();
    String right = server.keyAnswer;
    server.keyAnswer =
        right.replace(
            server.key.publicKey().text(), MachinePrivateKey.generate().publicKey().text());
    assertThatIOException().isThrownBy(this::register);
    server.keyAnswer = right;
    assertThat(register()).isInstanceOf(Registration.Registered.class);
  }

  @Test
  void aServerWithoutAnEarlyPayloadIsFine() throws Exception {
    server.earlyPayload = new byte[0];
    server.script = (request, reply) -> reply.status(200).data(REGISTERED).end();
    assertThat(register()).isInstanceOf(Registration.Registered.class);
  }

  @Test
  void aServerThatSendsByteByByteIsFine() throws Exception {
    server.pieces = 1;
    server.script = (request, reply) -> reply.status(200).data(REGISTERED).end();
    assertThat(register()).isInstanceOf(Registration.Registered.class);
  }

  @Test
  void aServerThatIsCutAnywhereIsAnErrorAndNeverAHang() throws Exception {
    server.script = (request, reply) -> reply.status(200).data(REGISTERED).end();
    register();
    long total = server.sent();
    for (long cut = 0; cut < total - 60; cut += 1 + total / 120) {
      try (ScriptedServer cutting = new ScriptedServer();
          ControlClient cutOff =
              new ControlClient(
                  new ControlConfig(
                      cutting.url(),
                      Dialer.builder().build(),
                      MachinePrivateKey.generate(),
                      Hostinfo.of("alpha"),
                      DiscoPrivateKey.generate().publicKey(),
                      "0.1.0"),
                  listener)) {
        cutting.script = (request, reply) -> reply.status(200).data(REGISTERED).end();
        cutting.cutAfter = cut;
        assertThatIOException()
            .isThrownBy(() -> cutOff.register(NODE, NodePublicKey.ZERO, null))
            .satisfies(e -> assertThat(e.getMessage()).isNotEmpty());
      }
    }
  }

  // HTTP/2

  @Test
  void aStreamThatIsResetIsAnError() {
    server.script = (request, reply) -> reply.reset();
    assertThatIOException()
        .isThrownBy(this::register)
        .withMessageContaining("the server reset the stream");
  }

  @Test
  void bytesThatAreNoHttp2AreAnError() {
    server.script = (request, reply) -> reply.garbage("HTTP/1.1 400 Bad\r\n\r\n".getBytes());
    assertThatIOException().isThrownBy(this::register).withMessageContaining("HTTP/2");
  }

  @Test
  void aConnectionThatEndsInsteadOfAnAnswerIsAnError() {
    server.script = (request, reply) -> reply.close();
    assertThatIOException().isThrownBy(this::register);
  }

  // Map stream

  @Test
  void aMapIsDeliveredAndChangesFollow() throws Exception {
    server.script =
        (request, reply) ->
            reply
                .status(200)
                .messages(SELF, "{\"KeepAlive\":true}", "{\"Domain\":\"x\"}", "{\"Domain\":\"x\"}")
                .messages("{\"Domain\":\"y\"}");
    poll();
    listener.await(RecordingListener.Connected.class);
    assertThat(listener.next(RecordingListener.Map.class).map().self().key()).isEqualTo(NODE);
    assertThat(listener.next(RecordingListener.Map.class).map().domain()).isEqualTo("x");
    assertThat(listener.next(RecordingListener.Map.class).map().domain()).isEqualTo("y");
  }

  @Test
  void aMapOfManyMegabytesPasses() throws Exception {
    StringBuilder peers = new StringBuilder();
    for (int i = 2; i < 4000; i++) {
      peers.append(
          ",{\"ID\":%d,\"Name\":\"%s\",\"Key\":\"nodekey:%064x\"}"
              .formatted(i, "n".repeat(2000), i));
    }
    String big = SELF.replace("}}", "},\"Peers\":[" + peers.substring(1) + "]}");
    assertThat(big.length()).isGreaterThan(8 << 20);
    server.script = (request, reply) -> reply.status(200).messages(big, "{\"Domain\":\"x\"}");
    poll();
    assertThat(listener.await(RecordingListener.Map.class).map().peers()).hasSize(3998);
    assertThat(listener.next(RecordingListener.Map.class).map().domain()).isEqualTo("x");
  }

  @Test
  void anUnknownNodeHasToRegisterAgain() throws Exception {
    server.script = (request, reply) -> reply.status(404).data("node not found\n").end();
    CompletableFuture<Void> ended = poll();
    listener.await(RecordingListener.ReRegister.class);
    assertThat(ended).succeedsWithin(Duration.ofSeconds(5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "status 500 | the server answered the map request with status 500: oops",
        "no node | the server's first map message does not name this node",
        "no json | the server sent a MapResponse that cannot be read",
        "long | the server sent a map message of 4294967295 bytes",
        "half | the map stream ended within a message",
        "end | the server ended the map stream",
        "empty | the server ended the map stream",
        "reset | the server reset the stream",
        "garbage | HTTP/2",
        "close | the server closed the connection",
      })
  void aStreamThatFailsIsReportedAndTriedAgain(String failure, String reason) throws Exception {
    AtomicInteger streams = new AtomicInteger();
    server.script =
        (request, reply) -> {
          if (streams.getAndIncrement() > 0) {
            reply.status(200).messages(SELF);
            return;
          }
          switch (failure) {
            case "status 500" -> reply.status(500).data("oops").end();
            case "no node" -> reply.status(200).messages("{\"Domain\":\"x\"}");
            case "no json" -> reply.status(200).messages("{\"Node\"");
            case "long" -> reply.status(200).data(new byte[] {-1, -1, -1, -1});
            case "half" -> reply.status(200).data(new byte[] {9, 0, 0, 0, '{'}).end();
            case "end" -> reply.status(200).messages(SELF).end();
            case "empty" -> reply.status(200).end();
            case "reset" -> reply.status(200).messages(SELF).reset();
            case "garbage" -> reply.status(200).messages(SELF).garbage(new byte[60]);
            case "close" -> reply.status(200).messages(SELF).close();
            default -> throw new AssertionError(failure);
          }
        };
    poll();
    assertThat(listener.await(RecordingListener.Lost.class).reason()).contains(reason);
    listener.await(RecordingListener.Connected.class);
    listener.await(RecordingListener.Map.class);
  }

  @Test
  void aSilentStreamIsLostAfterTheWatchdog() throws Exception {
    client = client(Duration.ofMillis(300));
    server.script = (request, reply) -> reply.status(200).messages(SELF);
    poll();
    listener.await(RecordingListener.Connected.class);
    assertThat(listener.await(RecordingListener.Lost.class).reason())
        .startsWith("the server was silent");
    listener.await(RecordingListener.Connected.class);
  }

  @Test
  void aServerThatNeverAnswersTheStreamIsLostAfterTheWatchdog() throws Exception {
    client = client(Duration.ofMillis(300));
    server.script = (request, reply) -> assertThat(reply).isNotNull();
    poll();
    assertThat(listener.await(RecordingListener.Lost.class).reason())
        .startsWith("the server did not answer a request");
  }

  @Test
  void signsOfLifeKeepTheStream() throws Exception {
    client = client(Duration.ofMillis(600));
    CountDownLatch quiet = new CountDownLatch(1);
    server.script =
        (request, reply) -> {
          reply.status(200).messages(SELF);
          try {
            for (int i = 0; i < 12; i++) {
              quiet.await(100, TimeUnit.MILLISECONDS);
              reply.messages("{\"KeepAlive\":true}");
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          reply.messages("{\"Domain\":\"still here\"}");
        };
    poll();
    listener.await(RecordingListener.Map.class);
    assertThat(listener.next(RecordingListener.Map.class).map().domain()).isEqualTo("still here");
  }

  @Test
  void aServerThatIsDownIsTriedUntilItIsBack() throws Exception {
    server.close();
    poll();
    for (int i = 0; i < 3; i++) {
      listener.await(
          RecordingListener.Lost.class, e -> e.reason().contains("refused the connection"));
    }
  }

  @Test
  void aBusyServerIsLeftAloneForAsLongAsItAsks() throws Exception {
    AtomicInteger streams = new AtomicInteger();
    server.script =
        (request, reply) -> {
          if (streams.getAndIncrement() == 0) {
            reply.status(429, "retry-after", "1").end();
          } else {
            reply.status(200).messages(SELF);
          }
        };
    poll();
    listener.await(RecordingListener.Lost.class);
    long lost = System.nanoTime();
    listener.await(RecordingListener.Connected.class);
    assertThat(Duration.ofNanos(System.nanoTime() - lost)).isGreaterThan(Duration.ofMillis(900));
  }

  @Test
  void aPageIsOpenedOnce() throws Exception {
    String page = "{\"PopBrowserURL\":\"https://hs/page\"}";
    server.script =
        (request, reply) -> reply.status(200).messages(SELF, page, page, "{\"Domain\":\"x\"}");
    poll();
    assertThat(listener.await(RecordingListener.Url.class).url()).isEqualTo("https://hs/page");
    assertThat(listener.next(RecordingListener.Map.class).map().domain()).isEqualTo("x");
  }

  // Updates

  private static boolean isStream(ScriptedServer.Request request) {
    return request.body().contains("\"Stream\":true");
  }

  @Test
  void aChangeOfThisNodeIsSentBesideTheStreamAndRememberedForTheNext() throws Exception {
    Semaphore updates = new Semaphore(0);
    server.script =
        (request, reply) -> {
          if (isStream(request)) {
            reply.status(200).messages(SELF);
          } else {
            reply.status(200).end();
            updates.release();
          }
        };
    poll();
    listener.await(RecordingListener.Connected.class);
    NetInfo netInfo = new NetInfo(null, null, null, true, null, 7, null, null);
    client.updateLocal(
        Hostinfo.of("beta"), List.of("192.0.2.1:1"), List.of(EndpointType.STUN), netInfo);
    assertThat(updates.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
    String update = server.requests.getLast().body();
    assertThat(update)
        .contains("\"Stream\":false", "\"OmitPeers\":true", "\"PreferredDERP\":7", "\"beta\"")
        .contains("\"Endpoints\":[\"192.0.2.1:1\"],\"EndpointTypes\":[2]")
        .contains("\"IPNVersion\":\"0.1.0\"");

    client.updateLocal(
        Hostinfo.of("beta"), List.of("192.0.2.1:1"), List.of(EndpointType.STUN), netInfo);
    server.closeConnections();
    listener.await(RecordingListener.Connected.class);
    List<ScriptedServer.Request> streams =
        server.requests.stream().filter(ControlClientTests::isStream).toList();
    assertThat(streams.getLast().body()).contains("\"PreferredDERP\":7", "192.0.2.1:1");
    assertThat(bodies("/machine/map").stream().filter(b -> b.contains("\"Stream\":false")))
        .as("the same state is not sent twice")
        .hasSize(1);
  }

  @Test
  void aChangeWhileTheServerIsAwayGoesWithTheNextStream() throws Exception {
    server.script = (request, reply) -> reply.status(200).messages(SELF);
    client.updateLocal(
        Hostinfo.of("beta"), List.of("192.0.2.1:1"), List.of(EndpointType.LOCAL), null);
    poll();
    listener.await(RecordingListener.Connected.class);
    assertThat(bodies("/machine/map")).singleElement().asString().contains("192.0.2.1:1");
  }

  @Test
  void anUpdateThatFailsIsSentAgain() throws Exception {
    AtomicInteger updates = new AtomicInteger();
    Semaphore succeeded = new Semaphore(0);
    server.script =
        (request, reply) -> {
          if (isStream(request)) {
            reply.status(200).messages(SELF);
          } else if (updates.getAndIncrement() < 2) {
            reply.status(500).end();
          } else {
            reply.status(200).end();
            succeeded.release();
          }
        };
    poll();
    listener.await(RecordingListener.Connected.class);
    client.updateLocal(Hostinfo.of("beta"), List.of(), List.of(), null);
    assertThat(succeeded.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
  }

  // Pings

  @Test
  void aPingIsAnsweredOnceOutsideOrInsideTheConnection() throws Exception {
    Semaphore inside = new Semaphore(0);
    String outside = server.url() + "/machine/ping-response?id=1";
    server.script =
        (request, reply) -> {
          if (request.method().equals("HEAD")) {
            reply.status(200).end();
            inside.release();
            return;
          }
          String ping = "{\"PingRequest\":{\"URL\":\"" + outside + "\"}}";
          reply.status(200).messages(SELF, ping, ping);
          reply.messages(
              "{\"KeepAlive\":true,\"PingRequest\":{\"URL\":\"https://x/inside\",\"URLIsNoise\":true}}");
          reply.messages("{\"PingRequest\":{\"URL\":\"https://x/c2n\",\"Types\":\"c2n\"}}");
          reply.messages("{\"PingRequest\":{\"URL\":\"not a url\"}}", "{\"Domain\":\"x\"}");
        };
    poll();
    listener.await(RecordingListener.Map.class, e -> "x".equals(e.map().domain()));
    assertThat(inside.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
    assertThat(server.requests.stream().filter(r -> r.method().equals("HEAD")))
        .extracting(ScriptedServer.Request::path)
        .containsExactly("/inside");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (outsidePings().isEmpty() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(outsidePings()).hasSize(1);
  }

  private List<String> outsidePings() {
    return server.heads.stream()
        .filter(h -> h.startsWith("HEAD /machine/ping-response?id=1 HTTP/1.1"))
        .toList();
  }

  // The end

  @Test
  void aCloseEndsPollingAtOnce() throws Exception {
    server.script = (request, reply) -> reply.status(200).messages(SELF);
    CompletableFuture<Void> ended = poll();
    listener.await(RecordingListener.Connected.class);
    client.close();
    assertThat(ended).succeedsWithin(Duration.ofSeconds(5));
    assertThat(listener.isQuiet(RecordingListener.Lost.class)).isTrue();
  }

  @Test
  void aCloseEndsPollingWhileItWaitsToTryAgain() throws Exception {
    server.script = (request, reply) -> reply.status(429, "retry-after", "3000").end();
    CompletableFuture<Void> ended = poll();
    listener.await(RecordingListener.Lost.class);
    client.close();
    assertThat(ended).succeedsWithin(Duration.ofSeconds(5));
  }

  @Test
  void aCloseEndsARegistrationThatWaits() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    server.script = (request, reply) -> arrived.countDown();
    CompletableFuture<Registration> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                answer.complete(client.awaitLogin(NODE, NodePublicKey.ZERO, "http://hs/r/1"));
              } catch (IOException e) {
                answer.completeExceptionally(e);
              }
            });
    arrived.await();
    client.close();
    assertThat(answer).failsWithin(Duration.ofSeconds(5));
    assertThatIOException().isThrownBy(this::register).withMessage("the control client is closed");
  }

  private static String stackTrace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
