package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server may order all clients to do. */
@Timeout(180)
class DebugOrdersTests extends ControlClientFixture {

  private static final Duration SLEEP = Duration.ofMillis(400);

  @Test
  void aSleepPutsOffTheMessageAfterItsOwn() throws Exception {
    server.script =
        (request, reply) ->
            reply
                .status(200)
                .messages(
                    SELF,
                    "{\"Debug\":{\"SleepSeconds\":0.4},\"Domain\":\"before\"}",
                    "{\"Domain\":\"after\"}");
    long start = System.nanoTime();
    poll();
    listener.await(RecordingListener.Map.class);
    assertThat(listener.next(RecordingListener.Map.class).map().domain()).isEqualTo("before");
    assertThat(listener.next(RecordingListener.Map.class).map().domain()).isEqualTo("after");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(SLEEP);
  }

  @ParameterizedTest
  @ValueSource(strings = {"300", "1e300"})
  void aCloseEndsASleepOfAnyLength(String seconds) throws Exception {
    server.script =
        (request, reply) ->
            reply.status(200).messages(SELF, "{\"Debug\":{\"SleepSeconds\":" + seconds + "}}");
    CompletableFuture<Void> ended = poll();
    listener.await(RecordingListener.Map.class);
    client.close();
    assertThat(ended).succeedsWithin(Duration.ofSeconds(60));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"Exit\":1", "\"SleepSeconds\":-1", "\"DisableLogTail\":true"})
  void nobodyIsEndedOrHeldUpByAnOrderToExitOrByOneThatMakesNoSense(String order) throws Exception {
    server.script =
        (request, reply) ->
            reply
                .status(200)
                .messages(
                    SELF, "{\"Debug\":{" + order + "},\"Domain\":\"x\"}", "{\"Domain\":\"y\"}");
    CompletableFuture<Void> ended = poll();
    listener.await(RecordingListener.Map.class);
    assertThat(listener.next(RecordingListener.Map.class).map().domain()).isEqualTo("x");
    assertThat(listener.next(RecordingListener.Map.class).map().domain()).isEqualTo("y");
    assertThat(ended).isNotDone();
  }
}
