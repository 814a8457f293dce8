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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;

/** Registration, and all that precedes it, against a server that misbehaves to order. */
@Timeout(180)
class ControlClientTests extends ControlClientFixture {

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

  @ParameterizedTest
  @ValueSource(ints = {200, 400})
  void aServerThatRepeatsTheAuthKeyIsNotRepeated(int status) throws Exception {
    server.script =
        (request, reply) -> reply.status(status).data("{\"Error\":\"bad " + SECRET + "\"}").end();
    String text;
    try {
      text = client.register(NODE, NodePublicKey.ZERO, AuthKey.of(SECRET)).toString();
    } catch (ControlException e) {
      text = stackTrace(e);
    }
    assertThat(text).contains("bad [auth key]").doesNotContain("verysecret");
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
          ControlClient cutOff = client(cutting, listener, Duration.ofSeconds(20))) {
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
    assertThat(answer).failsWithin(Duration.ofSeconds(60));
    assertThatIOException().isThrownBy(this::register).withMessage("the control client is closed");
  }

  private static String stackTrace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
