package org.tailjar.launcher;

import java.util.Map;

/** Configurations for tests that are not about them. */
final class TestConfiguration {
  private TestConfiguration() {}

  static Configuration withServer() {
    var environment = Map.of("TAILSCALE_SERVER_URL", "https://headscale.example.com");
    return ((Configuration.Accepted) Configuration.from(environment, "box")).configuration();
  }
}
