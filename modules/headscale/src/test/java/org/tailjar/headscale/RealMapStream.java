package org.tailjar.headscale;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.transport.Dialer;

/**
 * The map stream that a real server sends to one node, message by message. With the property {@code
 * tailjar.recordings} each is written as it came to a file of that directory, for {@link
 * RecordedChangesTests}; but not the relays once more if they are the same.
 */
final class RealMapStream implements AutoCloseable {

  private static final Duration TIMEOUT = Duration.ofSeconds(90);

  private final ControlConnection connection;
  private final Http2Response response;
  private final @Nullable Path recordings;
  private final LinkedBlockingQueue<MapResponse> messages = new LinkedBlockingQueue<>();
  private int number;
  private @Nullable NetworkMap map;

  private RealMapStream(ControlConnection connection, byte[] request) throws IOException {
    this.connection = connection;
    String directory = System.getProperty("tailjar.recordings");
    recordings = directory == null ? null : Files.createDirectories(Path.of(directory));
    response = connection.post("/machine/map", request, TIMEOUT);
    Thread.ofVirtual().start(this::read);
  }

  /** Opens the stream of a node that is registered. */
  static RealMapStream open(ServerUrl url, MachinePrivateKey machine, byte[] request)
      throws IOException {
    Dialer dialer = Dialer.builder().build();
    return new RealMapStream(
        ControlConnection.open(
            url, dialer, machine, ControlConnection.fetchServerKey(url, dialer, TIMEOUT), TIMEOUT),
        request);
  }

  private void read() {
    @Nullable DerpMapWire relays = null;
    try {
      byte[] json;
      while ((json = MapFrames.read(response.body())) != null) {
        MapResponse message = WireJson.decode(MapResponse.class, json);
        boolean same = message.derpMap() != null && message.derpMap().equals(relays);
        relays = message.derpMap() == null ? relays : message.derpMap();
        if (!message.keepAlive() && !same) {
          if (recordings != null) {
            Files.write(recordings.resolve("change-%02d.json".formatted(number++)), json);
          }
          messages.add(message);
        }
      }
    } catch (IOException _) {
      // Whoever waits for a message finds that none comes.
    }
  }

  /** The map after the next message that makes a condition hold. */
  NetworkMap await(Predicate<NetworkMap> condition) throws Exception {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (true) {
      @Nullable MapResponse next =
          messages.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (next == null) {
        throw new AssertionError("no such change within " + TIMEOUT.toSeconds() + " s");
      }
      NetworkMap merged =
          map == null ? NetworkMap.of(next, Instant.now()) : map.with(next, Instant.now());
      map = merged;
      if (condition.test(merged)) {
        return merged;
      }
    }
  }

  @Override
  public void close() {
    connection.close();
  }
}
