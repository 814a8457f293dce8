package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client says of its own while it polls. */
@Timeout(180)
class LocalUpdatesTests extends ControlClientFixture {

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
    assertThat(updates.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
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
        server.requests.stream().filter(LocalUpdatesTests::isStream).toList();
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
    assertThat(succeeded.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aNodeThatWasDeletedHasToRegisterAgainThoughTheStreamStays(boolean signOfLife)
      throws Exception {
    server.script =
        (request, reply) -> {
          if (isStream(request)) {
            reply.status(200).messages(SELF);
            if (signOfLife) {
              reply.messages("{\"KeepAlive\":true}");
            }
          } else {
            reply.status(404).data("node not found\n").end();
          }
        };
    CompletableFuture<Void> ended = poll();
    listener.await(RecordingListener.Connected.class);
    if (!signOfLife) {
      client.updateLocal(
          Hostinfo.of("beta"), List.of("192.0.2.1:1"), List.of(EndpointType.LOCAL), null);
    }
    listener.await(RecordingListener.ReRegister.class);
    assertThat(ended).succeedsWithin(Duration.ofSeconds(60));
    assertThat(listener.isQuiet(RecordingListener.Lost.class)).isTrue();
  }

  @Test
  void onlyTheFirstOfSomeSignsOfLifeIsAnsweredAndANodeThatIsKnownGoesOn() throws Exception {
    Semaphore updates = new Semaphore(0);
    CountDownLatch answered = new CountDownLatch(1);
    server.script =
        (request, reply) -> {
          if (isStream(request)) {
            reply.status(200).messages(SELF, "{\"KeepAlive\":true}");
            await(answered);
            reply.messages("{\"KeepAlive\":true}", "{\"Domain\":\"still here\"}");
          } else {
            reply.status(200).end();
            updates.release();
          }
        };
    poll();
    assertThat(updates.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
    answered.countDown();
    listener.await(RecordingListener.Map.class, e -> "still here".equals(e.map().domain()));
    assertThat(bodies("/machine/map")).hasSize(2);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

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
    assertThat(inside.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
    assertThat(server.requests.stream().filter(r -> r.method().equals("HEAD")))
        .extracting(ScriptedServer.Request::path)
        .containsExactly("/inside");
    Await.until(() -> !outsidePings().isEmpty());
    assertThat(outsidePings()).hasSize(1);
  }

  private List<String> outsidePings() {
    return server.heads.stream()
        .filter(h -> h.startsWith("HEAD /machine/ping-response?id=1 HTTP/1.1"))
        .toList();
  }
}
