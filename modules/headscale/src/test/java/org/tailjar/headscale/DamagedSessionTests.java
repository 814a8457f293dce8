package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A whole session, from the fetching of the key to the second map, with a server that fails at
 * every single byte of it.
 */
@Timeout(300)
class DamagedSessionTests {

  /** What happens at the byte; what comes before it is as it should be. */
  enum Damage {
    /** Is noticed without waiting. */
    CUT(Duration.ofSeconds(60)),
    /** Is waited for at every byte. */
    STALLED(Duration.ofMillis(400)),
    /** Is waited for where a length is garbled. */
    GARBLED(Duration.ofSeconds(2));

    private final Duration patience;

    Damage(Duration patience) {
      this.patience = patience;
    }
  }

  private static final String MORE = "{\"Domain\":\"y\"}";
  private static final int AT_ONCE = 48;

  /** A client that no slow machine makes impatient. */
  private static ControlClient client(ScriptedServer server, ControlListener listener)
      throws IOException {
    return client(server, listener, Duration.ofSeconds(60));
  }

  /**
   * A client that waits so long for any answer. All that are at once share a processor: what they
   * are to get, and not only to miss, must have time to come.
   */
  private static ControlClient client(
      ScriptedServer server, ControlListener listener, Duration patience) throws IOException {
    return ControlClientFixture.client(
        server,
        listener,
        new ControlConfig.Timings(patience, patience, patience, Duration.ofMinutes(1)));
  }

  private static void answer(ScriptedServer.Request request, ScriptedServer.Reply reply) {
    if (request.path().equals("/machine/map")) {
      reply.status(200).messages(ControlClientFixture.SELF, MORE);
    } else {
      reply.status(200).data(ControlClientFixture.REGISTERED).end();
    }
  }

  private static long lengthOfSession() throws Exception {
    RecordingListener told = new RecordingListener();
    try (ScriptedServer server = new ScriptedServer();
        ControlClient client = client(server, told)) {
      server.script = DamagedSessionTests::answer;
      ControlClientFixture.poll(client);
      told.await(RecordingListener.Map.class, e -> "y".equals(e.map().domain()));
      return server.sent();
    }
  }

  private static int descriptors() {
    return Objects.requireNonNull(new File("/proc/self/fd").list()).length;
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void aServerThatFailsAtAnyByteIsReportedAndTriedAgain(Damage damage) throws Exception {
    long total = lengthOfSession();
    assertThat(total).as("bytes of a session").isBetween(500L, 2000L);
    int before = descriptors();
    try (ExecutorService workers =
        Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
      List<Future<?>> sessions = new ArrayList<>();
      for (long at = 0; at < total; at++) {
        long offset = at;
        sessions.add(workers.submit(() -> damaged(damage, offset)));
      }
      for (Future<?> session : sessions) {
        session.get();
      }
    }
    // The last of them is being closed.
    Await.until(() -> descriptors() <= before + 2);
  }

  private static Void damaged(Damage damage, long offset) throws Exception {
    RecordingListener told = new RecordingListener();
    CompletableFuture<Void> ended;
    try (ScriptedServer server = new ScriptedServer();
        ControlClient client = client(server, told, damage.patience)) {
      server.script = DamagedSessionTests::answer;
      switch (damage) {
        case CUT -> server.cutAfter = offset;
        case STALLED -> server.stallAfter = offset;
        case GARBLED -> server.garbleAt = offset;
      }
      ended = ControlClientFixture.poll(client);
      // A byte that says nothing may be garbled: then the session goes on until its silence.
      assertThat(told.await(RecordingListener.Lost.class).reason())
          .as("%s at %d", damage, offset)
          .isNotEmpty()
          .doesNotContain("Exception");
      if (damage == Damage.GARBLED) {
        told.await(RecordingListener.Connected.class);
      }
    }
    assertThat(ended).as("%s at %d", damage, offset).succeedsWithin(Duration.ofSeconds(60));
    return null;
  }

  @Test
  void aServerThatSendsNothingButGarbageIsNeverBelieved() throws Exception {
    RecordingListener told = new RecordingListener();
    try (ScriptedServer server = new ScriptedServer();
        ControlClient client = client(server, told)) {
      byte[] garbage = new byte[200];
      new Random(7).nextBytes(garbage);
      server.noiseAnswer = garbage;
      ControlClientFixture.poll(client);
      for (int i = 0; i < 3; i++) {
        told.await(RecordingListener.Lost.class);
      }
      assertThat(told.isQuiet(RecordingListener.Connected.class)).isTrue();
    }
  }
}
