package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VariablesTests {
  @ParameterizedTest
  @CsvSource({
    "TAILSCALE_AUTHKEY, TAILSCALE_KEY",
    "TAILSCALE_AUTH_KEY, TAILSCALE_KEY",
    "TAILSCALE_KEYFILE, TAILSCALE_KEY_FILE",
    "TAILSCALE_LOGIN_SERVER, TAILSCALE_SERVER_URL",
    "TAILSCALE_SERVER, TAILSCALE_SERVER_URL",
    "TAILSCALE_STATEDIR, TAILSCALE_STATE_DIR",
    "TAILSCALE_HOST, TAILSCALE_HOSTNAME",
    "TAILSCALE_LOGLEVEL, TAILSCALE_LOG_LEVEL",
    "TAILSCALE_PORT, TAILSCALE_UDP_PORT",
    "TAILSCALE_ADVERTISE_ROUTES, TAILSCALE_ROUTES",
  })
  void theNearestNameIsTheOneThatWasMeant(String wrong, String right) {
    assertThat(Variables.nearest(wrong)).isEqualTo(right);
  }
}
