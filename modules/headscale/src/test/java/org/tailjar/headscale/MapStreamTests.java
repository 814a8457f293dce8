package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Polling against a server that misbehaves to order. */
@Timeout(180)
class MapStreamTests extends ControlClientFixture {

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
    assertThat(ended).succeedsWithin(Duration.ofSeconds(60));
  }

  @Test
  void aNodeWhoseKeyExpiresHasToRegisterAgainThoughTheStreamStays() throws Exception {
    server.script =
        (request, reply) ->
            reply
                .status(200)
                .messages(SELF, SELF.replace("}}", ",\"KeyExpiry\":\"2001-02-03T04:05:06Z\"}}"));
    CompletableFuture<Void> ended = poll();
    assertThat(listener.next(RecordingListener.Connected.class)).isNotNull();
    listener.next(RecordingListener.Map.class);
    listener.next(RecordingListener.Map.class);
    listener.next(RecordingListener.ReRegister.class);
    assertThat(ended).succeedsWithin(Duration.ofSeconds(60));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aKeyWhoseTimeComesBetweenTwoMapsHasToBeRegisteredAgain(boolean signsOfLife)
      throws Exception {
    String expires = Instant.now().plusMillis(700).toString();
    server.script =
        (request, reply) -> {
          reply.status(200).messages(SELF.replace("}}", ",\"KeyExpiry\":\"" + expires + "\"}}"));
          while (signsOfLife && Instant.now().isBefore(Instant.parse(expires).plusMillis(20))) {
            LockSupport.parkNanos(10_000_000);
            reply.messages("{\"KeepAlive\":true}");
          }
        };
    CompletableFuture<Void> ended = poll();
    listener.await(RecordingListener.Connected.class);
    listener.await(RecordingListener.ReRegister.class);
    assertThat(Instant.now()).isAfter(Instant.parse(expires));
    assertThat(ended).succeedsWithin(Duration.ofSeconds(60));
    assertThat(listener.isQuiet(RecordingListener.Lost.class)).isTrue();
  }

  @Test
  void aProxyWithoutItsServerDoesNotMakeTheNodeUnknown() throws Exception {
    String key = server.keyAnswer;
    String upgrade = server.upgradeAnswer;
    server.script = (request, reply) -> reply.status(200).messages(SELF);
    server.keyAnswer = ScriptedServer.http("404 Not Found", "404 page not found");
    CompletableFuture<Void> ended = poll();
    assertThat(listener.next(RecordingListener.Lost.class).reason()).contains("404");
    server.upgradeAnswer = server.keyAnswer;
    server.keyAnswer = key;
    assertThat(
            listener
                .await(
                    RecordingListener.Lost.class, lost -> lost.reason().contains("control upgrade"))
                .reason())
        .contains("404");
    server.upgradeAnswer = upgrade;
    listener.await(RecordingListener.Connected.class);
    assertThat(ended).isNotDone();
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
    server.script =
        (request, reply) -> {
          reply.status(200).messages(SELF);
          for (int i = 0; i < 12; i++) {
            LockSupport.parkNanos(100_000_000);
            reply.messages("{\"KeepAlive\":true}");
          }
          reply.messages("{\"Domain\":\"still here\"}");
        };
    poll();
    // A machine that stands still for so long may lose a stream, but not each.
    listener.await(RecordingListener.Map.class, told -> "still here".equals(told.map().domain()));
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
    List<Long> asked = new CopyOnWriteArrayList<>();
    server.script =
        (request, reply) -> {
          asked.add(System.nanoTime());
          if (asked.size() == 1) {
            reply.status(429, "retry-after", "1").end();
          } else {
            reply.status(200).messages(SELF);
          }
        };
    poll();
    listener.await(RecordingListener.Lost.class);
    listener.await(RecordingListener.Connected.class);
    assertThat(Duration.ofNanos(asked.getLast() - asked.getFirst()))
        .isGreaterThanOrEqualTo(Duration.ofSeconds(1));
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

  @Test
  void aCloseEndsPollingAtOnce() throws Exception {
    server.script = (request, reply) -> reply.status(200).messages(SELF);
    CompletableFuture<Void> ended = poll();
    listener.await(RecordingListener.Connected.class);
    client.close();
    assertThat(ended).succeedsWithin(Duration.ofSeconds(60));
    assertThat(listener.isQuiet(RecordingListener.Lost.class)).isTrue();
  }

  @Test
  void aCloseEndsPollingWhileItWaitsToTryAgain() throws Exception {
    server.script = (request, reply) -> reply.status(429, "retry-after", "3000").end();
    CompletableFuture<Void> ended = poll();
    listener.await(RecordingListener.Lost.class);
    client.close();
    assertThat(ended).succeedsWithin(Duration.ofSeconds(60));
  }
}
