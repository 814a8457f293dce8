package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
    "TAILSCALE_ROUTE, TAILSCALE_ROUTES",
    "TAILSCALE_HOSTNMAE, TAILSCALE_HOSTNAME",
    "TAILSCALE_SEVRER_URL, TAILSCALE_SERVER_URL",
    "TAILSCALE_Interface, TAILSCALE_INTERFACE",
    "TAILSCALE_EPHEMERALL, TAILSCALE_EPHEMERAL",
  })
  void theNearestNameIsTheOneThatWasMeant(String wrong, String right) {
    assertThat(Variables.meant(wrong)).contains(right);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TAILSCALE_FAVOURITE",
        "TAILSCALE_",
        "TAILSCALE_X",
        "TAILSCALE_TAGS",
        "TAILSCALE_USERSPACE",
        "TAILSCALE_NODE_IP",
        "TAILSCALE_OAUTH_CLIENT"
      })
  void nothingIsSuggestedThatIsFarOff(String name) {
    assertThat(Variables.meant(name)).isEmpty();
  }
}
