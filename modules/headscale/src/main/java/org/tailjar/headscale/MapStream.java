package org.tailjar.headscale;

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;

/**
 * Reads map streams, one after the other: merges what they say into network maps, and does what the
 * server asks beside. Used by the thread that polls.
 */
final class MapStream {

  private static final Duration CLOCK_SLACK = Duration.ofMillis(100);

  private static final Duration LONGEST_SLEEP = Duration.ofMinutes(5);

  private final ControlConfig config;
  private final ControlListener listener;
  private final LocalUpdates updates;
  private final InstantSource clock;
  private final Closing closing;
  private final Pings pings;
  private @Nullable String lastUrl;

  MapStream(
      ControlConfig config,
      ControlListener listener,
      LocalUpdates updates,
      InstantSource clock,
      Closing closing) {
    this.config = config;
    this.listener = listener;
    this.updates = updates;
    this.clock = clock;
    this.closing = closing;
    this.pings = new Pings(config);
  }

  /** The server does not know the node that asks for its map, or its key has expired. */
  static final class KeyRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    KeyRefusedException(@Nullable String message) {
      super(message);
    }
  }

  /**
   * One map stream, from its request to its end.
   *
   * @param sender told of the stream once its first map has come
   * @throws IOException if it breaks, or never begins
   */
  void follow(ControlConnection connection, NodePublicKey nodeKey, LocalUpdates.Sender sender)
      throws IOException {
    Duration watchdog = config.timings().watchdog();
    LocalState local = updates.current();
    byte[] request = local.mapRequest(nodeKey, config.discoKey(), true);
    try (Http2Response response = connection.post("/machine/map", request, watchdog)) {
      if (response.status() != 200) {
        ControlException refused =
            ControlConnection.refused("the map request", response, config.timings().request());
        // Only here: the same status outside the Noise session is a proxy without its server.
        throw refused.status() == 404 ? new KeyRefusedException(refused.getMessage()) : refused;
      }
      InputStream body = response.body();
      @Nullable NetworkMap map = null;
      while (!closing.isClosed()) {
        response.readTimeout(map == null ? watchdog : untilExpiry(map, watchdog));
        byte[] json = read(body, map);
        if (json == null) {
          return;
        }
        MapResponse message = WireJson.decode(MapResponse.class, json);
        pings.answer(message.pingRequest(), connection);
        openUrl(message);
        if (message.keepAlive()) {
          updates.ask();
        } else {
          @Nullable NetworkMap old = map;
          map =
              old == null
                  ? NetworkMap.of(message, clock.instant())
                  : old.with(message, clock.instant());
          if (old == null) {
            listener.connected();
            sender.connected(connection, local.revision());
          }
          if (map != old) {
            listener.networkMap(map);
          }
        }
        requireUnexpired(map);
        sleep(message.debug());
      }
    }
  }

  /** The server need not say anything when the time comes. */
  private Duration untilExpiry(NetworkMap map, Duration longest) {
    // A little more: the wall clock may lag behind the one that measures the wait.
    return map.timeToExpiry(map.self(), clock.instant())
        .filter(left -> left.compareTo(longest) < 0)
        .map(left -> left.plus(CLOCK_SLACK))
        .orElse(longest);
  }

  private byte @Nullable [] read(InputStream body, @Nullable NetworkMap map) throws IOException {
    try {
      return MapFrames.read(body);
    } catch (SocketTimeoutException e) {
      requireUnexpired(map);
      throw e;
    }
  }

  private void requireUnexpired(@Nullable NetworkMap map) throws KeyRefusedException {
    if (map != null && map.isExpired(map.self(), clock.instant())) {
      // Headscale keeps the stream, and peers drop what comes from an expired key.
      throw new KeyRefusedException("the node key has expired");
    }
  }

  private void openUrl(MapResponse message) {
    @Nullable String url = message.popBrowserUrl();
    if (url != null && !url.isEmpty() && !url.equals(lastUrl)) {
      lastUrl = url;
      listener.openUrl(url);
    }
  }

  private void sleep(@Nullable Debug debug) {
    if (debug != null && debug.sleepSeconds() > 0) {
      closing.pause(
          Duration.ofMillis(
              (long) (1000 * Math.min(debug.sleepSeconds(), LONGEST_SLEEP.toSeconds()))));
    }
  }
}
