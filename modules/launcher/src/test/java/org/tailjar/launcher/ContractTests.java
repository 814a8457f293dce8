package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tailjar.tailnet.LogoutPolicy;
import org.tailjar.tailnet.Offload;
import org.tailjar.tailnet.Secret;
import org.tailjar.tailnet.StateLocation;

/** Every variable of the contract and every alias: good values, bad values, boundaries. */
class ContractTests {
  /** One name: what it sets, what it takes, and what it does not take. */
  private record Row(
      String name,
      Function<Configuration, Object> field,
      Map<String, Object> good,
      List<String> bad,
      String accepted) {}

  private static final String LONGEST_LABEL = "x".repeat(63);
  private static final String LONGEST_SOCKET = "/" + "x".repeat(106);

  private static final List<Row> ROWS =
      List.of(
          url("TAILSCALE_SERVER_URL"),
          argument(
              "login-server",
              Configuration::serverUrl,
              URI.create("http://hs:1"),
              "http://hs:1",
              "ftp://hs"),
          key("TAILSCALE_KEY"),
          key("TS_AUTHKEY"),
          key("TS_AUTH_KEY"),
          argument("auth-key", ContractTests::keyOf, Secret.of("k-1"), "k-1"),
          argument("authkey", ContractTests::keyOf, Secret.of("k-1"), "k-1"),
          new Row(
              "TAILSCALE_KEY_FILE",
              Configuration::authKey,
              Map.of("/run/key", new KeyFile(Path.of("/run/key"))),
              List.of("key.txt", "hskey-auth-1", "file:/run/key"),
              Values.PATH_ACCEPTED),
          hostname("TAILSCALE_HOSTNAME"),
          hostname("TS_HOSTNAME"),
          argument("hostname", Configuration::hostname, "web", "web", "my_host", "-x"),
          state("TAILSCALE_STATE_DIR"),
          state("TS_STATE_DIR"),
          file("TAILSCALE_CA_FILE"),
          file("SSL_CERT_FILE"),
          new Row(
              "TAILSCALE_INTERFACE",
              Configuration::interfaceName,
              Map.of("ts1", "ts1", "x", "x", "tail.0-scale_15", "tail.0-scale_15"),
              List.of("sixteen-letters-", "a/b", "a b", ".", "..", "a:b", "a%d", "é".repeat(8)),
              Values.INTERFACE_ACCEPTED),
          new Row(
              "TAILSCALE_UDP_PORT",
              Configuration::udpPort,
              Map.of("0", 0, "1", 1, "65535", 65535),
              List.of("-1", "65536", "99999999999", "tcp://10.0.0.1:80", "1.5", "0x10", "one"),
              Values.PORT_ACCEPTED),
          mtu("TAILSCALE_MTU"),
          mtu("TS_DEBUG_MTU"),
          new Row(
              "TAILSCALE_DISABLE_OFFLOADS",
              Configuration::withoutOffloads,
              Map.of(
                  "tun", Set.of(Offload.TUN),
                  "tun-udp", Set.of(Offload.TUN_UDP),
                  "udp-gso, UDP-GRO", Set.of(Offload.UDP_GSO, Offload.UDP_GRO),
                  "all", Set.of(Offload.values())),
              List.of("none", "true", "tun,", "tun udp-gso", "all,tun", "gso"),
              Values.OFFLOADS_ACCEPTED),
          new Row(
              "TAILSCALE_LOGOUT",
              Configuration::logout,
              Map.of(
                  "auto", LogoutPolicy.AUTO,
                  "Always", LogoutPolicy.ALWAYS,
                  "NEVER", LogoutPolicy.NEVER),
              List.of("sometimes", "true", "auto,never"),
              Values.LOGOUT_ACCEPTED),
          onOrOff("TAILSCALE_EPHEMERAL", Configuration::ephemeral),
          onOrOff("TAILSCALE_ACCEPT_DNS", Configuration::acceptDns),
          onOrOff("TS_ACCEPT_DNS", Configuration::acceptDns),
          argument("accept-dns", Configuration::acceptDns, false, "false", "maybe"),
          onOrOff("TAILSCALE_ACCEPT_ROUTES", Configuration::acceptRoutes),
          argument("accept-routes", Configuration::acceptRoutes, true, "true", "maybe"),
          off("TAILSCALE_ADVERTISE_EXIT_NODE", c -> false),
          argument("advertise-exit-node", c -> false, false, "false", "maybe"),
          address("TAILSCALE_HEALTH_ADDR"),
          address("TS_LOCAL_ADDR_PORT"),
          incumbentHealth("TS_ENABLE_HEALTH_CHECK"),
          incumbentHealth("TS_ENABLE_METRICS"),
          socket("TAILSCALE_SOCKET"),
          socket("TS_SOCKET"),
          new Row(
              "TAILSCALE_LOG_LEVEL",
              configuration -> configuration.log().level(),
              Map.of(
                  "error", System.Logger.Level.ERROR,
                  "warning", System.Logger.Level.WARNING,
                  "WARN", System.Logger.Level.WARNING,
                  "Info", System.Logger.Level.INFO,
                  "debug", System.Logger.Level.DEBUG,
                  "trace", System.Logger.Level.TRACE),
              List.of("loud", "2", "debug,info"),
              Values.LEVEL_ACCEPTED),
          new Row(
              "TAILSCALE_LOG_FORMAT",
              configuration -> configuration.log().format(),
              Map.of("text", LogSettings.Format.TEXT, "JSON", LogSettings.Format.JSON),
              List.of("xml", "plain"),
              Values.FORMAT_ACCEPTED),
          off("TS_USERSPACE", c -> false));

  /** What these take, none or a warning, is shown by {@link ConfigurationTests}. */
  private static final List<String> NOT_BUILT = List.of("TAILSCALE_ROUTES", "TAILSCALE_EXIT_NODE");

  /** Two values for a name of ours, and the aliases that set the same. */
  static Stream<Arguments> aliases() {
    return Stream.of(
        Arguments.of("TAILSCALE_KEY", "TAILSCALE_KEY_FILE", "key-1", "/key-2"),
        Arguments.of("TAILSCALE_KEY", "TS_AUTHKEY", "key-1", "key-2"),
        Arguments.of("TAILSCALE_KEY", "TS_AUTH_KEY", "key-1", "key-2"),
        Arguments.of("TAILSCALE_KEY", "--auth-key", "key-1", "key-2"),
        Arguments.of("TAILSCALE_KEY_FILE", "TS_AUTHKEY", "/key-1", "key-2"),
        Arguments.of("TS_AUTHKEY", "TS_AUTH_KEY", "key-1", "key-2"),
        Arguments.of("TAILSCALE_SERVER_URL", "--login-server", "https://a", "https://b"),
        Arguments.of("TAILSCALE_HOSTNAME", "TS_HOSTNAME", "a", "b"),
        Arguments.of("TAILSCALE_HOSTNAME", "--hostname", "a", "b"),
        Arguments.of("TAILSCALE_STATE_DIR", "TS_STATE_DIR", "/a", "mem:"),
        Arguments.of("TAILSCALE_CA_FILE", "SSL_CERT_FILE", "/a", "/b"),
        Arguments.of("TAILSCALE_MTU", "TS_DEBUG_MTU", "1280", "1400"),
        Arguments.of("TAILSCALE_ACCEPT_DNS", "TS_ACCEPT_DNS", "false", "true"),
        Arguments.of("TAILSCALE_ACCEPT_DNS", "--accept-dns", "false", "true"),
        Arguments.of("TAILSCALE_ACCEPT_ROUTES", "--accept-routes", "false", "true"),
        Arguments.of("TAILSCALE_ADVERTISE_EXIT_NODE", "--advertise-exit-node", "false", "true"),
        Arguments.of("TAILSCALE_HEALTH_ADDR", "TS_LOCAL_ADDR_PORT", ":1", ":2"),
        Arguments.of("TAILSCALE_SOCKET", "TS_SOCKET", "/a", "/b"));
  }

  @Test
  void theTableHasEveryVariable() {
    assertThat(Stream.concat(ROWS.stream().map(Row::name), NOT_BUILT.stream()))
        .containsAll(Variables.KNOWN)
        .doesNotHaveDuplicates();
  }

  static Stream<Arguments> goodValues() {
    return ROWS.stream()
        .flatMap(
            row ->
                row.good().entrySet().stream()
                    .map(good -> Arguments.of(row.name(), good.getKey(), row, good.getValue())));
  }

  @ParameterizedTest(name = "{0}={1}")
  @MethodSource("goodValues")
  void aGoodValueIsTakenWithoutAWord(String name, String value, Row row, Object expected) {
    assertThat(TestConfiguration.read(setting(name, value)))
        .isInstanceOfSatisfying(
            Configuration.Accepted.class,
            accepted -> {
              assertThat(row.field().apply(accepted.configuration())).isEqualTo(expected);
              assertThat(accepted.warnings()).isEmpty();
            });
  }

  static Stream<Arguments> badValues() {
    return ROWS.stream()
        .flatMap(row -> row.bad().stream().map(bad -> Arguments.of(row.name(), bad, row)));
  }

  @ParameterizedTest(name = "{0}={1}")
  @MethodSource("badValues")
  void aBadValueIsOneLineThatNamesVariableAndValueAndWhatIsAccepted(
      String name, String value, Row row) {
    boolean secret = name.contains("KEY");
    assertThat(TestConfiguration.read(setting(name, value)))
        .isInstanceOfSatisfying(
            Configuration.Refused.class,
            refused -> {
              var line = assertThat(refused.errors()).singleElement().asString();
              line.startsWith(name).contains(row.accepted()).doesNotContain("\n", "Exception");
              if (secret) {
                line.contains("(value not shown)").doesNotContain(value);
              } else {
                line.contains('"' + value + '"');
              }
            });
  }

  @ParameterizedTest
  @MethodSource("rows")
  void anEmptyValueIsNone(Row row) {
    if (row.accepted().startsWith("write https")) {
      return; // the one that is required
    }
    for (var empty : List.of("", " ", "\t\n")) {
      assertThat(TestConfiguration.read(setting(row.name(), empty)))
          .isEqualTo(TestConfiguration.read(Map.of()));
    }
  }

  static Stream<Row> rows() {
    return ROWS.stream();
  }

  @ParameterizedTest(name = "{0} and {1}")
  @MethodSource("aliases")
  void theSeedsNameWinsOverAnAliasWithOneWarning(
      String name, String alias, String value, String other) {
    var alone = (Configuration.Accepted) TestConfiguration.read(Map.of(name, value));
    var both = (Configuration.Accepted) TestConfiguration.read(both(name, value, alias, other));
    if (name.equals("TAILSCALE_KEY") || name.equals("TS_AUTHKEY")) {
      assertThat(keyOf(both.configuration())).isEqualTo(Secret.of(value));
    } else {
      assertThat(both.configuration()).isEqualTo(alone.configuration());
    }
    var shown = alias.startsWith("--") ? ExtraArguments.NAME + " " + alias : alias;
    assertThat(both.warnings())
        .containsExactly("%s: ignored, because %s is set to something else".formatted(shown, name));
  }

  @ParameterizedTest(name = "{0} and {1}")
  @MethodSource("aliases")
  void anAliasThatSaysTheSameIsNoWarning(String name, String alias, String value, String other) {
    var same =
        alias.equals("TAILSCALE_KEY_FILE") || name.equals("TAILSCALE_KEY_FILE")
            ? both("TAILSCALE_KEY_FILE", "/key", "TS_AUTHKEY", "file:/key")
            : both(name, value, alias, value);
    assertThat(((Configuration.Accepted) TestConfiguration.read(same)).warnings()).isEmpty();
  }

  @Test
  void aBadAliasThatIsOverruledIsOneWarningAndNoError() {
    assertThat(TestConfiguration.read(both("TAILSCALE_MTU", "1280", "TS_DEBUG_MTU", "large")))
        .isInstanceOfSatisfying(
            Configuration.Accepted.class, accepted -> assertThat(accepted.warnings()).hasSize(1));
  }

  @Test
  void aVeryLongValueIsShownInPart() {
    for (var name : List.of("TAILSCALE_MTU", "TAILSCALE_SERVER_URL")) {
      var refused =
          (Configuration.Refused) TestConfiguration.read(Map.of(name, "x".repeat(100_000)));
      assertThat(refused.errors()).singleElement().asString().hasSizeLessThan(300).contains("xxx");
    }
  }

  @Test
  void anAuthKeyInAnyOtherVariableIsNotShown() {
    for (var row : ROWS) {
      var result = TestConfiguration.read(setting(row.name(), "hskey-auth-12 hunter2"));
      assertThat(result.toString()).as(row.name()).doesNotContain("hunter2");
    }
  }

  private static Map<String, String> setting(String name, String value) {
    int dashes = name.indexOf(" --");
    return dashes < 0
        ? Map.of(name, value)
        : Map.of(
            "TAILSCALE_SERVER_URL",
            name.endsWith("login-server") ? "" : TestConfiguration.SERVER,
            ExtraArguments.NAME,
            name.substring(dashes + 1) + "=" + value);
  }

  private static Map<String, String> both(String name, String value, String alias, String other) {
    return alias.startsWith("--")
        ? Map.of(name, value, ExtraArguments.NAME, alias + "=" + other)
        : Map.of(name, value, alias, other);
  }

  private static Object keyOf(Configuration configuration) {
    try {
      return configuration.authKey().read().orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Row url(String name) {
    var good = new HashMap<String, Object>();
    for (var url :
        List.of(
            "https://headscale.example.com",
            "http://10.0.0.1:8080/base",
            "https://[fd00::1]:8443",
            "http://head_scale:8080",
            "http://localhost:1",
            "https://h:65535/a/b")) {
      good.put(url, URI.create(url));
    }
    good.put(" HTTPS://Hs.Example.com/ ", URI.create("https://hs.example.com"));
    return new Row(
        name,
        Configuration::serverUrl,
        good,
        List.of(
            "headscale.example.com",
            "ftp://headscale.example.com",
            "https://",
            "https://host:99999",
            "https://host:0",
            "https://host/?key=1",
            "https://host/#x",
            "https://ho st"),
        "write https://host[:port][/path]");
  }

  private static Row key(String name) {
    return new Row(
        name,
        ContractTests::keyOf,
        Map.of("hskey-auth-1-2", Secret.of("hskey-auth-1-2"), "0123abc", Secret.of("0123abc")),
        List.of("two words", "\"quoted\"", "file:relative", "naïve"),
        Values.KEY_ACCEPTED);
  }

  private static Row hostname(String name) {
    return new Row(
        name,
        Configuration::hostname,
        Map.of("Web-1", "Web-1", "x", "x", "7", "7", LONGEST_LABEL, LONGEST_LABEL),
        List.of("my_host", "-web", "web-", "web.example.com", LONGEST_LABEL + "x", "wéb"),
        Values.HOSTNAME_ACCEPTED);
  }

  private static Row state(String name) {
    return new Row(
        name,
        Configuration::state,
        Map.of(
            "/data", new StateLocation.Directory(Path.of("/data")),
            "/a/../b/", new StateLocation.Directory(Path.of("/b")),
            "/with space", new StateLocation.Directory(Path.of("/with space")),
            "mem:", new StateLocation.Memory()),
        List.of("state", "./state", "memory:", "mem", "~/state", "kube:secret"),
        Values.STATE_ACCEPTED);
  }

  private static Row file(String name) {
    return new Row(
        name,
        Configuration::caFile,
        Map.of("/etc/ca.pem", Optional.of(Path.of("/etc/ca.pem"))),
        List.of("ca.pem", "-----BEGIN CERTIFICATE-----"),
        Values.PATH_ACCEPTED);
  }

  private static Row mtu(String name) {
    return new Row(
        name,
        Configuration::mtu,
        Map.of("1280", 1280, "1420", 1420, "9000", 9000),
        List.of("1279", "9001", "-1", "large", "1280.0", "65000"),
        Values.MTU_ACCEPTED);
  }

  private static Row onOrOff(String name, Function<Configuration, Object> field) {
    return new Row(
        name,
        field,
        Map.of("true", true, "1", true, "YES", true, "on", true, "False", false, "0", false),
        List.of("maybe", "2", "tru"),
        Values.SWITCH_ACCEPTED);
  }

  /** One that may be switched off in silence only. */
  private static Row off(String name, Function<Configuration, Object> field) {
    return new Row(
        name,
        field,
        Map.of("false", false, "0", false, "No", false, "off", false),
        List.of("maybe", "2", "tru"),
        Values.SWITCH_ACCEPTED);
  }

  private static Row incumbentHealth(String name) {
    return new Row(
        name,
        Configuration::healthAddress,
        Map.of(
            "true", new InetSocketAddress("::", 9002),
            "false", new InetSocketAddress("127.0.0.1", 9002)),
        List.of("maybe", ":9002"),
        Values.SWITCH_ACCEPTED);
  }

  private static Row address(String name) {
    return new Row(
        name,
        Configuration::healthAddress,
        Map.of(
            "127.0.0.1:1", new InetSocketAddress("127.0.0.1", 1),
            "0.0.0.0:65535", new InetSocketAddress("0.0.0.0", 65535),
            "[::1]:80", new InetSocketAddress("::1", 80),
            "[::]:9002", new InetSocketAddress("::", 9002),
            ":9100", new InetSocketAddress(9100),
            "localhost:9100", new InetSocketAddress("127.0.0.1", 9100)),
        List.of(
            "9002", "127.0.0.1", "host:9002", "::1:9002", "127.0.0.1:0", "127.0.0.1:65536", ":"),
        Values.ADDRESS_ACCEPTED);
  }

  private static Row socket(String name) {
    return new Row(
        name,
        configuration -> configuration.socket().preferred(),
        Map.of("/run/x.sock", Path.of("/run/x.sock"), LONGEST_SOCKET, Path.of(LONGEST_SOCKET)),
        List.of("x.sock", LONGEST_SOCKET + "x", "unix:/run/x.sock"),
        Values.SOCKET_ACCEPTED);
  }

  private static Row argument(
      String flag,
      Function<Configuration, Object> field,
      Object expected,
      String good,
      String... bad) {
    var accepted =
        switch (flag) {
          case "login-server" -> "write https://host[:port][/path]";
          case "hostname" -> Values.HOSTNAME_ACCEPTED;
          default -> Values.SWITCH_ACCEPTED;
        };
    return new Row(
        ExtraArguments.NAME + " --" + flag,
        field,
        Map.of(good, expected),
        new ArrayList<>(List.of(bad)),
        accepted);
  }
}
