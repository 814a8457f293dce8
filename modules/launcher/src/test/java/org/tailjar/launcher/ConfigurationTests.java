package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.tailnet.DeviceKind;
import org.tailjar.tailnet.LogoutPolicy;
import org.tailjar.tailnet.Secret;
import org.tailjar.tailnet.StateLocation;

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

  static Stream<Arguments> goodValues() {
    return Stream.of(
        good(
            "TAILSCALE_SERVER_URL",
            "http://10.0.0.1:8080/base",
            Configuration::serverUrl,
            URI.create("http://10.0.0.1:8080/base")),
        good(
            "TAILSCALE_SERVER_URL",
            "https://[fd00::1]:8443",
            Configuration::serverUrl,
            URI.create("https://[fd00::1]:8443")),
        good("TAILSCALE_HOSTNAME", "Web-1", Configuration::hostname, "Web-1"),
        good("TS_HOSTNAME", "web", Configuration::hostname, "web"),
        good("TS_EXTRA_ARGS", "--hostname=web", Configuration::hostname, "web"),
        good("TAILSCALE_STATE_DIR", "/data", Configuration::state, directory("/data")),
        good("TAILSCALE_STATE_DIR", "mem:", Configuration::state, new StateLocation.Memory()),
        good(
            "TS_STATE_DIR",
            "/var/lib/tailscale",
            Configuration::state,
            directory("/var/lib/tailscale")),
        good(
            "TAILSCALE_CA_FILE", "/ca.pem", Configuration::caFile, Optional.of(Path.of("/ca.pem"))),
        good("SSL_CERT_FILE", "/ca.pem", Configuration::caFile, Optional.of(Path.of("/ca.pem"))),
        good("TAILSCALE_INTERFACE", "ts1", Configuration::interfaceName, "ts1"),
        good("TAILSCALE_UDP_PORT", "0", Configuration::udpPort, 0),
        good("TAILSCALE_UDP_PORT", "65535", Configuration::udpPort, 65535),
        good("TAILSCALE_MTU", "1420", Configuration::mtu, 1420),
        good("TS_DEBUG_MTU", "1400", Configuration::mtu, 1400),
        good("TAILSCALE_LOGOUT", "always", Configuration::logout, LogoutPolicy.ALWAYS),
        good("TAILSCALE_LOGOUT", "never", Configuration::logout, LogoutPolicy.NEVER),
        good("TAILSCALE_LOGOUT", "Auto", Configuration::logout, LogoutPolicy.AUTO),
        good("TAILSCALE_EPHEMERAL", "true", Configuration::ephemeral, true),
        good("TAILSCALE_ACCEPT_DNS", "false", Configuration::acceptDns, false),
        good("TS_ACCEPT_DNS", "0", Configuration::acceptDns, false),
        good("TS_EXTRA_ARGS", "--accept-dns=false", Configuration::acceptDns, false),
        good("TAILSCALE_ACCEPT_ROUTES", "yes", Configuration::acceptRoutes, true),
        good("TS_EXTRA_ARGS", "--accept-routes", Configuration::acceptRoutes, true),
        good(
            "TAILSCALE_HEALTH_ADDR",
            "[::1]:80",
            Configuration::healthAddress,
            new InetSocketAddress("::1", 80)),
        good(
            "TAILSCALE_HEALTH_ADDR",
            ":9100",
            Configuration::healthAddress,
            new InetSocketAddress(9100)),
        good(
            "TAILSCALE_HEALTH_ADDR",
            "localhost:9100",
            Configuration::healthAddress,
            new InetSocketAddress("127.0.0.1", 9100)),
        good(
            "TS_LOCAL_ADDR_PORT",
            "0.0.0.0:41234",
            Configuration::healthAddress,
            new InetSocketAddress("0.0.0.0", 41234)),
        good(
            "TS_ENABLE_HEALTH_CHECK",
            "true",
            Configuration::healthAddress,
            new InetSocketAddress("::", 9002)),
        good(
            "TS_ENABLE_METRICS",
            "true",
            Configuration::healthAddress,
            new InetSocketAddress("::", 9002)),
        good(
            "TAILSCALE_SOCKET", "/run/x.sock", c -> c.socket().preferred(), Path.of("/run/x.sock")),
        good("TS_SOCKET", "/run/x.sock", c -> c.socket().preferred(), Path.of("/run/x.sock")),
        good("TAILSCALE_LOG_LEVEL", "debug", c -> c.log().level(), System.Logger.Level.DEBUG),
        good("TAILSCALE_LOG_LEVEL", "WARN", c -> c.log().level(), System.Logger.Level.WARNING),
        good("TAILSCALE_LOG_FORMAT", "json", c -> c.log().format(), LogSettings.Format.JSON));
  }

  @ParameterizedTest(name = "{0}={1}")
  @MethodSource("goodValues")
  void aGoodValueIsTaken(
      String name, String value, Function<Configuration, Object> field, Object expected) {
    var accepted = accepted(Map.of(name, " " + value + " "));
    assertThat(field.apply(accepted.configuration())).isEqualTo(expected);
    assertThat(accepted.warnings()).isEmpty();
  }

  @ParameterizedTest(name = "{0}={1}")
  @CsvSource({
    "TAILSCALE_SERVER_URL, headscale.example.com",
    "TAILSCALE_SERVER_URL, ftp://headscale.example.com",
    "TAILSCALE_SERVER_URL, https://",
    "TAILSCALE_SERVER_URL, https://host:99999",
    "TAILSCALE_SERVER_URL, https://host:0",
    "TAILSCALE_SERVER_URL, https://host/?key=1",
    "TAILSCALE_SERVER_URL, 'https://ho st'",
    "TAILSCALE_HOSTNAME, my_host",
    "TAILSCALE_HOSTNAME, -web",
    "TS_HOSTNAME, web.example.com",
    "TAILSCALE_STATE_DIR, state",
    "TS_STATE_DIR, memory:",
    "TAILSCALE_CA_FILE, ca.pem",
    "SSL_CERT_FILE, ca.pem",
    "TAILSCALE_INTERFACE, a-very-long-interface",
    "TAILSCALE_INTERFACE, a/b",
    "TAILSCALE_INTERFACE, '.'",
    "TAILSCALE_UDP_PORT, tcp://10.0.0.1:80",
    "TAILSCALE_UDP_PORT, 65536",
    "TAILSCALE_UDP_PORT, -1",
    "TAILSCALE_MTU, 1279",
    "TAILSCALE_MTU, large",
    "TS_DEBUG_MTU, 65000",
    "TAILSCALE_LOGOUT, sometimes",
    "TAILSCALE_EPHEMERAL, maybe",
    "TAILSCALE_ACCEPT_DNS, maybe",
    "TS_ACCEPT_DNS, maybe",
    "TAILSCALE_ACCEPT_ROUTES, maybe",
    "TAILSCALE_ADVERTISE_EXIT_NODE, maybe",
    "TAILSCALE_HEALTH_ADDR, 9002",
    "TAILSCALE_HEALTH_ADDR, host:9002",
    "TAILSCALE_HEALTH_ADDR, ::1:9002",
    "TAILSCALE_HEALTH_ADDR, 127.0.0.1:0",
    "TS_LOCAL_ADDR_PORT, 127.0.0.1",
    "TS_ENABLE_HEALTH_CHECK, maybe",
    "TS_ENABLE_METRICS, maybe",
    "TS_USERSPACE, maybe",
    "TAILSCALE_SOCKET, x.sock",
    "TAILSCALE_LOG_LEVEL, loud",
    "TAILSCALE_LOG_FORMAT, xml",
    "TAILSCALE_KEY_FILE, key.txt",
  })
  void aBadValueIsOneLineThatNamesVariableAndValueAndWhatIsAccepted(String name, String value) {
    assertThat(refused(Map.of(name, value)).errors())
        .singleElement()
        .asString()
        .startsWith(name + "=\"" + value + "\" is not accepted: give ")
        .doesNotContain("\n");
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
                    .startsWith("TAILSCALE_SERVER_URL is not set: give an http or https URL"));
  }

  @Test
  void aPasswordInTheServerUrlIsRefusedAndNotShown() {
    var errors =
        refused(Map.of("TAILSCALE_SERVER_URL", "https://user:hunter2@example.com")).errors();
    assertThat(errors)
        .singleElement()
        .asString()
        .contains("[redacted]@example.com")
        .doesNotContain("hunter2");
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
    "TAILSCALE_ACCEPT_DNS, true, TAILSCALE_ACCEPT_DNS is ignored",
    "TS_ACCEPT_DNS, true, TS_ACCEPT_DNS is ignored",
    "TAILSCALE_ROUTES, 10.0.0.0/24, TAILSCALE_ROUTES is ignored",
    "TS_ROUTES, 10.0.0.0/24, TS_ROUTES is ignored",
    "TS_EXTRA_ARGS, --advertise-routes=10.0.0.0/24, TS_EXTRA_ARGS --advertise-routes is ignored",
    "TAILSCALE_ADVERTISE_EXIT_NODE, true, TAILSCALE_ADVERTISE_EXIT_NODE is ignored",
    "TS_EXTRA_ARGS, --advertise-exit-node, TS_EXTRA_ARGS --advertise-exit-node is ignored",
    "TS_EXTRA_ARGS, --ssh --reset, TS_EXTRA_ARGS: ignored: --ssh",
    "TS_USERSPACE, true, TS_USERSPACE is ignored",
    "TS_SERVE_CONFIG, /x.json, TS_SERVE_CONFIG is set",
    "TAILSCALE_HOST_NAME, web, TAILSCALE_HOST_NAME is not a variable of Tailjar; the nearest is"
        + " TAILSCALE_HOSTNAME",
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
        .endsWith("the nearest is TAILSCALE_UDP_PORT");
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
    assertThat(config.udpPort()).isEqualTo(1);
    assertThat(config.interfaceName()).isEqualTo("ts1");
    assertThat(config.acceptRoutes()).isTrue();
    assertThat(config.device()).isEqualTo(DeviceKind.MEMORY);
    assertThat(config.logsOutOnClose()).isTrue();
  }

  private static Arguments good(
      String name, String value, Function<Configuration, Object> field, Object expected) {
    return Arguments.of(name, value, field, expected);
  }

  private static StateLocation directory(String path) {
    return new StateLocation.Directory(Path.of(path));
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
