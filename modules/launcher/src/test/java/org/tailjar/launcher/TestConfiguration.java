package org.tailjar.launcher;

import java.util.HashMap;
import java.util.Map;

/** Configurations for tests that are not about them. */
final class TestConfiguration {
  static final String SERVER = "https://headscale.example.com";

  private TestConfiguration() {}

  static Configuration withServer() {
    return with(Map.of());
  }

  /** With a server and these variables. */
  static Configuration with(Map<String, String> variables) {
    return ((Configuration.Accepted) read(variables)).configuration();
  }

  /** What comes of these variables, which may replace the server. */
  static Configuration.Result read(Map<String, String> variables) {
    var environment = new HashMap<>(Map.of("TAILSCALE_SERVER_URL", SERVER));
    environment.putAll(variables);
    return Configuration.from(environment, "box");
  }
}
