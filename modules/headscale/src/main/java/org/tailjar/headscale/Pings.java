package org.tailjar.headscale;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.transport.Connection;

/**
 * Answers the server's pings: a HEAD request to the URL that it names. Headscale asks so which of
 * several subnet routers are alive. Used by one thread; the answers go out on their own.
 */
final class Pings {

  private static final System.Logger LOG = System.getLogger("org.tailjar.headscale");
  private static final Duration TIMEOUT = Duration.ofSeconds(15);

  private final ControlConfig config;
  private @Nullable String lastUrl;

  Pings(ControlConfig config) {
    this.config = config;
  }

  void answer(@Nullable PingRequest ping, ControlConnection control) {
    @Nullable String url = ping == null ? null : ping.url();
    if (ping == null || url == null || url.isEmpty() || url.equals(lastUrl)) {
      return;
    }
    lastUrl = url;
    if (ping.types() != null && !ping.types().isEmpty()) {
      LOG.log(System.Logger.Level.DEBUG, "a ping of type {0} is not answered", ping.types());
      return;
    }
    Thread.ofVirtual()
        .name("control-ping")
        .start(
            () -> {
              try {
                int status = ping.urlIsNoise() ? inside(url, control) : outside(url);
                LOG.log(System.Logger.Level.DEBUG, "ping answered, status {0}", status);
              } catch (IOException | IllegalArgumentException e) {
                LOG.log(System.Logger.Level.DEBUG, "ping not answered", e);
              }
            });
  }

  private static int inside(String url, ControlConnection control) throws IOException {
    try (Http2Response response = control.head(target(URI.create(url)), TIMEOUT)) {
      return response.status();
    }
  }

  private int outside(String url) throws IOException {
    URI uri = URI.create(url);
    ServerUrl base = ServerUrl.parse(uri.getScheme() + "://" + uri.getRawAuthority());
    try (Connection connection = config.dialer().dial(base.destination(), TIMEOUT)) {
      connection.readTimeout(TIMEOUT);
      return Http1Exchange.send(
              connection.in(),
              connection.out(),
              "HEAD",
              target(uri),
              base.authority(),
              Map.of("Connection", "close"))
          .status();
    }
  }

  private static String target(URI uri) {
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
  }
}
