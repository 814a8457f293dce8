package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.tailnet.DeviceKind;
import org.tailjar.tailnet.LogoutPolicy;
import org.tailjar.tailnet.Offload;
import org.tailjar.tailnet.Secret;
import org.tailjar.tailnet.StateLocation;
import org.tailjar.transport.Destination;
import org.tailjar.transport.Proxy;

class ConfigurationTests {
  private static final String SERVER = "https://headscale.example.com";

  @Test
  void aServerUrlIsEnough() {
    var accepted = accepted(Map.of());
    var configuration = accepted.configuration();
    assertThat(accepted.warnings()).isEmpty();
    assertThat(configuration.serverUrl()).isEqualTo(URI.create(SERVER));
    assertThat(configuration.hostname()).isEqualTo("box");
    assertThat(configuration.state())
        .isEqualTo(new StateLocation.Directory(Path.of("/tailscale/state")));
    assertThat(configuration.caFile()).isEmpty();
    assertThat(configuration.interfaceName()).isEqualTo("tailscale0");
    assertThat(configuration.udpPort()).isEqualTo(41641);
    assertThat(configuration.mtu()).isEqualTo(1280);
    assertThat(configuration.withoutOffloads()).isEmpty();
    assertThat(configuration.logout()).isEqualTo(LogoutPolicy.AUTO);
    assertThat(configuration.ephemeral()).isFalse();
    assertThat(configuration.acceptDns()).isTrue();
    assertThat(configuration.acceptRoutes()).isFalse();
    assertThat(configuration.healthAddress()).isEqualTo(new InetSocketAddress("127.0.0.1", 9002));
    assertThat(configuration.socket().preferred())
        .isEqualTo(Path.of("/var/run/tailscale/tailscaled.sock"));
    assertThat(configuration.socket().fallback())
        .isEqualTo(Path.of("/tailscale/state/tailscaled.sock"));
    assertThat(configuration.log()).isEqualTo(LogSettings.DEFAULT);
  }

  @Test
  void everyBadValueIsTold() {
    var errors = refused(Map.of("TAILSCALE_MTU", "x", "TAILSCALE_UDP_PORT", "y")).errors();
    assertThat(errors).hasSize(2);
  }

  @Test
  void aMissingServerUrlIsOneLine() {
    assertThat(Configuration.from(Map.of(), "box"))
        .isInstanceOfSatisfying(
            Configuration.Refused.class,
            refused ->
                assertThat(refused.errors())
                    .singleElement()
                    .asString()
                    .startsWith(
                        "TAILSCALE_SERVER_URL is not set: give the URL of a Headscale server"));
  }

  @Test
  void theProxyOfTheEnvironmentIsUsedAndItsPasswordNotShown() {
    var configuration =
        accepted(Map.of("HTTPS_PROXY", "http://u:hunter2@proxy:3128", "NO_PROXY", "b.example"))
            .configuration();
    assertThat(configuration.toString()).contains("proxy:3128").doesNotContain("hunter2");
    var proxies = configuration.nodeConfig(DeviceKind.MEMORY).proxies();
    assertThat(proxies.choose(Destination.tls("a.example", 443))).hasToString("http://proxy:3128");
    assertThat(proxies.choose(Destination.tls("b.example", 443))).isInstanceOf(Proxy.Direct.class);
  }

  @Test
  void aBadProxyIsOneLineThatDoesNotShowIt() {
    assertThat(refused(Map.of("https_proxy", "socks5://u:hunter2@proxy")).errors())
        .containsExactly(
            "https_proxy (value not shown) is not accepted: give the URL of an HTTP proxy,"
                + " http://[user:password@]host[:port]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://user:hunter2@example.com", "https://user:hun ter2@example.com"})
  void aPasswordInTheServerUrlIsRefusedAndNotShown(String url) {
    assertThat(refused(Map.of("TAILSCALE_SERVER_URL", url)).errors())
        .singleElement()
        .asString()
        .startsWith("TAILSCALE_SERVER_URL: ")
        .doesNotContain("ter2");
  }

  @Test
  void emptyMeansUnset() {
    var environment = new HashMap<String, String>();
    Variables.KNOWN.forEach(name -> environment.put(name, "  "));
    environment.put("TAILSCALE_SERVER_URL", SERVER);
    environment.put("TS_ROUTES", "");
    environment.put("TAILSCALE_NONSENSE", "");
    assertThat(accepted(environment))
        .isEqualTo(new Configuration.Accepted(accepted(Map.of()).configuration(), List.of()));
  }

  @Test
  void ourOwnNameWinsOverArgumentsAndTheseOverAliases() {
    var environment = new HashMap<String, String>();
    environment.put("TS_HOSTNAME", "alias");
    assertThat(accepted(environment).configuration().hostname()).isEqualTo("alias");
    environment.put("TS_EXTRA_ARGS", "--hostname=argument");
    assertThat(accepted(environment).configuration().hostname()).isEqualTo("argument");
    environment.put("TAILSCALE_HOSTNAME", "own");
    assertThat(accepted(environment).configuration().hostname()).isEqualTo("own");
    assertThat(accepted(environment).warnings())
        .containsExactly(
            "TS_EXTRA_ARGS --hostname and TS_HOSTNAME: ignored, because TAILSCALE_HOSTNAME is set"
                + " to something else");
  }

  @Test
  void theServerUrlMayComeFromTheArguments() {
    var result =
        Configuration.from(
            Map.of("TS_EXTRA_ARGS", "--login-server https://hs.example.com:8443/x"), "box");
    assertThat(result)
        .isInstanceOfSatisfying(
            Configuration.Accepted.class,
            accepted ->
                assertThat(accepted.configuration().serverUrl())
                    .isEqualTo(URI.create("https://hs.example.com:8443/x")));
  }

  @Test
  void aBadArgumentIsNamedWithItsVariable() {
    assertThat(refused(Map.of("TS_EXTRA_ARGS", "--accept-dns=maybe")).errors())
        .singleElement()
        .asString()
        .startsWith("TS_EXTRA_ARGS --accept-dns=\"maybe\" is not accepted");
  }

  @ParameterizedTest(name = "{0}={1}")
  @CsvSource({
    "TAILSCALE_ROUTES, 10.0.0.0/24, TAILSCALE_ROUTES is ignored",
    "TS_ROUTES, 10.0.0.0/24, TS_ROUTES is ignored",
    "TS_EXTRA_ARGS, --advertise-routes=10.0.0.0/24, TS_EXTRA_ARGS --advertise-routes is ignored",
    "TAILSCALE_ADVERTISE_EXIT_NODE, true, TAILSCALE_ADVERTISE_EXIT_NODE is ignored",
    "TS_EXTRA_ARGS, --advertise-exit-node, TS_EXTRA_ARGS --advertise-exit-node is ignored",
    "TS_EXTRA_ARGS, --ssh --reset --ssh, TS_EXTRA_ARGS --ssh is ignored",
    "TS_EXTRA_ARGS, --no-such=x, TS_EXTRA_ARGS --no-such is ignored",
    "TS_EXTRA_ARGS, --hskey-auth-lost=x, TS_EXTRA_ARGS --(not shown) is ignored",
    "TS_EXTRA_ARGS, lost, TS_EXTRA_ARGS: an argument without a flag is ignored",
    "TS_USERSPACE, true, TS_USERSPACE is ignored",
    "TS_SERVE_CONFIG, /x.json, TS_SERVE_CONFIG is set",
    "TAILSCALE_HOST_NAME, web, TAILSCALE_HOST_NAME is not a variable of Tailjar: did you mean"
        + " TAILSCALE_HOSTNAME?",
    "TAILSCALE_FAVOURITE, blue, TAILSCALE_FAVOURITE is not a variable of Tailjar: it is ignored",
  })
  void whatDoesNothingIsOneWarning(String name, String value, String warning) {
    assertThat(accepted(Map.of(name, value)).warnings())
        .singleElement()
        .asString()
        .startsWith(warning);
  }

  @ParameterizedTest
  @CsvSource({
    "TAILSCALE_ADVERTISE_EXIT_NODE, false",
    "TS_USERSPACE, false",
    "TS_AUTH_ONCE, true",
    "TS_EXTRA_ARGS, --reset --force-reauth --timeout=10s",
    "TAILSCALE_PORT, tcp://10.96.0.1:80",
    "TAILSCALE_SERVICE_HOST, 10.96.0.1",
    "TAILSCALE_SERVICE_PORT_HTTP, 80",
    "TAILSCALE_PORT_80_TCP_ADDR, 10.96.0.1",
  })
  void whatIsAskedForAnywayIsNoWarning(String name, String value) {
    assertThat(accepted(Map.of(name, value)).warnings()).isEmpty();
  }

  @Test
  void aPortThatAPersonMeantIsAWarning() {
    assertThat(accepted(Map.of("TAILSCALE_PORT", "41641")).warnings())
        .singleElement()
        .asString()
        .endsWith("did you mean TAILSCALE_UDP_PORT?");
  }

  @ParameterizedTest
  @CsvSource({"TAILSCALE_EXIT_NODE, 100.64.0.9", "TS_EXTRA_ARGS, --exit-node=100.64.0.9"})
  void anExitNodeIsRefusedBecauseSilenceWouldLeak(String name, String value) {
    assertThat(refused(Map.of(name, value)).errors())
        .singleElement()
        .asString()
        .contains("is refused")
        .contains("100.64.0.9");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TAILSCALE_KEY", "TS_AUTHKEY", "TS_AUTH_KEY"})
  void aKeyIsTakenAndNeverShown(String name) throws Exception {
    var configuration = accepted(Map.of(name, " hskey-auth-secret ")).configuration();
    assertThat(configuration.authKey().read()).contains(Secret.of("hskey-auth-secret"));
    assertThat(configuration.authKey().read().toString()).doesNotContain("hskey");
    assertThat(configuration.toString()).doesNotContain("hskey");
    assertThat(configuration.nodeConfig(DeviceKind.TUN).toString()).doesNotContain("hskey");
  }

  @Test
  void aKeyInTheArgumentsIsTaken() throws Exception {
    var configuration = accepted(Map.of("TS_EXTRA_ARGS", "--authkey=k1")).configuration();
    assertThat(configuration.authKey().read()).contains(Secret.of("k1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"TAILSCALE_KEY", "TS_AUTHKEY", "TS_AUTH_KEY"})
  void aMalformedKeyIsOneLineWithoutTheKey(String name) {
    for (var value : List.of("two words", "\"quoted\"", "file:relative")) {
      assertThat(refused(Map.of(name, value)).errors())
          .singleElement()
          .asString()
          .startsWith(name + " (value not shown) is not accepted")
          .doesNotContain(value);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "TAILSCALE_KEY, file:/run/key", "TAILSCALE_KEY_FILE, /run/key",
    "TS_AUTHKEY, file:/run/key", "TS_AUTH_KEY, file:/run/key"
  })
  void aKeyMayBeInAFile(String name, String value) {
    assertThat(accepted(Map.of(name, value)).configuration().authKey())
        .isEqualTo(new KeyFile(Path.of("/run/key")));
  }

  @Test
  void aKeyWinsOverAKeyFileWithAWarning() throws Exception {
    var accepted = accepted(Map.of("TAILSCALE_KEY", "k1", "TAILSCALE_KEY_FILE", "/run/key"));
    assertThat(accepted.configuration().authKey().read()).contains(Secret.of("k1"));
    assertThat(accepted.warnings()).hasSize(1);
  }

  @Test
  void aSocketPathThatTheKernelCannotTakeIsRefused() {
    assertThat(refused(Map.of("TAILSCALE_SOCKET", "/" + "x".repeat(107))).errors()).hasSize(1);
    assertThat(accepted(Map.of("TAILSCALE_SOCKET", "/" + "x".repeat(106)))).isNotNull();
  }

  @Test
  void aLineBreakInAValueDoesNotBreakTheLine() {
    assertThat(refused(Map.of("TAILSCALE_MTU", "1\n2")).errors())
        .singleElement()
        .asString()
        .startsWith("TAILSCALE_MTU=\"1?2\"");
  }

  @ParameterizedTest
  @CsvSource({"my_host.lan, my-host", "-x-, x", "'', tailjar", "___, tailjar", "3f2a, 3f2a"})
  void theNameOfTheSystemIsMadeToFit(String system, String expected) {
    assertThat(
            ((Configuration.Accepted)
                    Configuration.from(Map.of("TAILSCALE_SERVER_URL", SERVER), system))
                .configuration()
                .hostname())
        .isEqualTo(expected);
  }

  @Test
  void theNodeIsToldAllOfIt() {
    var config =
        accepted(
                Map.of(
                    "TAILSCALE_CA_FILE", "/ca.pem",
                    "TAILSCALE_MTU", "1400",
                    "TAILSCALE_DISABLE_OFFLOADS", "udp-gso",
                    "TAILSCALE_UDP_PORT", "1",
                    "TAILSCALE_INTERFACE", "ts1",
                    "TAILSCALE_ACCEPT_ROUTES", "true",
                    "TAILSCALE_STATE_DIR", "mem:"))
            .configuration()
            .nodeConfig(DeviceKind.MEMORY);
    assertThat(config.serverUrl()).isEqualTo(URI.create(SERVER));
    assertThat(config.hostname()).isEqualTo("box");
    assertThat(config.caFile()).contains(Path.of("/ca.pem"));
    assertThat(config.mtu()).isEqualTo(1400);
    assertThat(config.withoutOffloads()).containsExactly(Offload.UDP_GSO);
    assertThat(config.udpPort()).isEqualTo(1);
    assertThat(config.interfaceName()).isEqualTo("ts1");
    assertThat(config.acceptRoutes()).isTrue();
    assertThat(config.device()).isEqualTo(DeviceKind.MEMORY);
    assertThat(config.logsOutOnClose()).isTrue();
  }

  private static Configuration.Accepted accepted(Map<String, String> environment) {
    var result = Configuration.from(withServer(environment), "box");
    assertThat(result).isInstanceOf(Configuration.Accepted.class);
    return (Configuration.Accepted) result;
  }

  private static Configuration.Refused refused(Map<String, String> environment) {
    var result = Configuration.from(withServer(environment), "box");
    assertThat(result).isInstanceOf(Configuration.Refused.class);
    return (Configuration.Refused) result;
  }

  private static Map<String, String> withServer(Map<String, String> environment) {
    var all = new HashMap<>(Map.of("TAILSCALE_SERVER_URL", SERVER));
    all.putAll(environment);
    return all;
  }

  @Test
  void aWarningIsOneLineWhateverTheArgumentsHold() {
    var environment =
        Map.of(
            "TAILSCALE_SERVER_URL", "https://headscale.example.com",
            "TS_EXTRA_ARGS", "--no-such-\u0007\u0085argument=1");
    var result = (Configuration.Accepted) Configuration.from(environment, "box");
    assertThat(result.warnings())
        .isNotEmpty()
        .allMatch(text -> text.chars().noneMatch(Character::isISOControl));
  }
}
