package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the node goes on with in spite of: one clear line for each, and no secret in any output. */
class HardEdgeTests {

  private static Lab lab;

  private final List<Process> processes = new ArrayList<>();
  private final List<TailjarNode> nodes = new ArrayList<>();

  @BeforeAll
  static void start() {
    lab = Lab.start(Lab.Scheme.HTTP);
  }

  @AfterAll
  static void stop() {
    if (lab != null) {
      lab.close();
    }
  }

  @AfterEach
  void end() {
    nodes.forEach(TailjarNode::close);
    for (Process process : processes) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  @Test
  void takenPortsAndASocketPathThatCannotBeAreALineEach() {
    listen("na", "TCP-LISTEN:9002,bind=127.0.0.1");
    listen("na", "UDP-RECV:41641");
    lab.awaitListener("na", 9002);
    lab.awaitSocket("na", "-Huln", 41641);
    TailjarNode node =
        node("na")
            .with("TAILSCALE_SOCKET", "/proc/none/x.sock")
            .with("TAILSCALE_KEY", lab.server().key());

    node.start();

    assertSaid(node, " up as ");
    assertThat(lines(node, "UDP port 41641 is taken: using another")).hasSize(1);
    assertThat(lines(node, "no health pages: 127.0.0.1:9002 cannot be used")).hasSize(1);
    assertThat(lines(node, "the command socket is " + node.state() + "/tailscaled.sock"))
        .hasSize(1);
    assertThat(
            lab.run(
                    "na",
                    "env",
                    "TAILSCALE_STATE_DIR=" + node.state(),
                    LinkedRuntime.launcher().toString(),
                    "healthcheck")
                .status())
        .as("the health check finds the socket where it is instead")
        .isZero();
    assertThat(node.terminate()).isZero();
  }

  @Test
  void withoutIpv6TheNodeGoesOnWithIpv4AndSaysSoOnce() {
    lab.run("nb", "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1").succeeded();
    lab.run("nb", "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1").succeeded();
    TailjarNode node = node("nb").join();
    TailjarNode peer = node("nc").join();

    lab.assertReaches("nc", node.ip4());
    assertThat(lines(node, "IPv6")).as(node.logText()).hasSize(1);
    assertThat(peer.isRunning()).isTrue();
  }

  @Test
  void aServerThatDoesNotDoWhatItShouldIsNeverTheEnd() {
    serve(
        "socat", "TCP-LISTEN:8500,fork,reuseaddr", response("HTTP/1.1 500 Internal Server Error"));
    serve("socat", "TCP-LISTEN:8501,fork,reuseaddr", response("garbage \\001\\002"));
    serve(
        "openssl",
        "s_server",
        "-quiet",
        "-accept",
        "10.77.0.1:8502",
        "-cert",
        lab.certificate().pem().toString(),
        "-key",
        lab.certificate().key().toString());
    for (int port : new int[] {8500, 8501, 8502}) {
      lab.awaitListener("hs", port);
    }

    List<TailjarNode> started =
        List.of(
            pointed("na", "http://10.77.0.1:8500"),
            pointed("nb", "http://10.77.0.1:8501"),
            pointed("nc", "https://10.77.0.1:8502").without("TAILSCALE_CA_FILE"));
    started.forEach(TailjarNode::start);

    for (TailjarNode node : started) {
      assertSaid(node, "trying on: ");
    }
    assertThat(started.get(0).logText()).contains("500");
    assertThat(started.get(2).logText()).containsIgnoringCase("certificat");
    Shell.pause(Duration.ofSeconds(4));
    for (TailjarNode node : started) {
      assertThat(node.isRunning()).as(node.logText()).isTrue();
      assertThat(lines(node, "cannot reach")).as(node.logText()).hasSize(1);
      assertThat(node.logText()).doesNotContain("\tat ", "k-secret");
    }
  }

  @Test
  void aServerWhoseNameIsUnknownIsNeverTheEnd() {
    TailjarNode node = pointed("na", "https://no-such-host.invalid").start();

    assertSaid(node, "trying on: ");
    assertThat(lines(node, "no-such-host.invalid, trying on: ")).as(node.logText()).hasSize(1);
    assertThat(node.isRunning()).isTrue();
    assertThat(node.terminate()).isZero();
  }

  /** The key of the node, its auth key, and a password of a proxy, at the most talkative level. */
  @Test
  void noSecretIsInAnyOutput() {
    String key = lab.server().key();
    TailjarNode node =
        node("na")
            .with("TAILSCALE_KEY", key)
            .with("TAILSCALE_LOG_LEVEL", "trace")
            .with("TS_EXTRA_ARGS", "--client-secret=clientsecret1 --auth-key=hskey-auth-other1")
            .start()
            .awaitReady();
    TailjarNode proxied =
        pointed("nb", "https://10.77.0.1:8443")
            .with("TAILSCALE_LOG_LEVEL", "trace")
            .with("https_proxy", "http://proxyuser:proxypassword1@10.77.0.1:1")
            .with("HTTPS_PROXY", "http://proxyuser:proxypassword1@10.77.0.1:1")
            .start();
    assertSaid(proxied, "trying on: ");

    List<String> secrets = new ArrayList<>(List.of(key, "clientsecret1", "hskey-auth-other1"));
    secrets.addAll(List.of("proxypassword1", "k-secret"));
    List<String> privateKeys = privateKeys(node);
    assertThat(privateKeys)
        .as("machine key, node key and DISCO key")
        .hasSizeGreaterThanOrEqualTo(3);
    secrets.addAll(privateKeys);

    String output =
        Stream.of(
                node.logText(),
                proxied.logText(),
                node.statusJson(),
                node.tailjar("status").output(),
                node.tailjar("ping", "nobody").output(),
                proxied.tailjar("status").output(),
                page(node, "/localapi/v0/prefs"),
                page(node, "/localapi/v0/watch-ipn-bus?mask=16390"),
                page(node, "/metrics"))
            .reduce("", String::concat);
    assertThat(output).contains("BackendState").contains("tailjar_packets_total");
    for (String secret : secrets) {
      assertThat(output.contains(secret)).as("a secret is shown").isFalse();
    }
    assertThat(node.terminate()).isZero();
  }

  @Test
  void theIncumbentsCommandsAreAnswered() {
    Requirements.need("tailscale");
    TailjarNode node = node("na").join();

    for (String command : List.of("status", "ip -4", "wait --timeout=20s", "whois " + node.ip4())) {
      tailscale(command).succeeded();
    }
    String report = tailscale("netcheck").succeeded().output();
    assertThat(report).contains("* UDP: true", "Nearest DERP: hs").doesNotContain("DERP map");
  }

  private Shell.Result tailscale(String command) {
    List<String> line =
        new ArrayList<>(List.of("tailscale", "--socket", lab.file("na.sock").toString()));
    line.addAll(List.of(command.split(" ")));
    return lab.run("na", line.toArray(String[]::new));
  }

  /** What the files of the state directory have of private keys, in hexadecimal digits. */
  private static List<String> privateKeys(TailjarNode node) {
    String found =
        Shell.run("sh", "-c", "cd " + node.state() + " && grep -hEo 'privkey:[0-9a-f]{64}' *")
            .succeeded()
            .output();
    return found.lines().map(line -> line.substring("privkey:".length())).toList();
  }

  /** What the node answers on its socket within some seconds: one of its answers has no end. */
  private String page(TailjarNode node, String path) {
    assertThat(node.isRunning()).isTrue();
    for (int seconds = 1; ; seconds *= 2) {
      String request =
          "printf 'GET %s HTTP/1.1\\r\\nHost: local-tailscaled.sock\\r\\n\\r\\n'; sleep %d"
              .formatted(path, seconds);
      String answer =
          lab.run("na", "sh", "-c", "(" + request + ") | socat - UNIX:" + lab.file("na.sock"))
              .output();
      if (!answer.isEmpty() || seconds > 30) {
        assertThat(answer).as("the answer to %s", path).isNotEmpty();
        return answer;
      }
    }
  }

  private TailjarNode node(String host) {
    Shell.run(
        "rm",
        "-rf",
        lab.file("state-" + host).toString(),
        lab.file("tailjar-" + host + ".log").toString());
    TailjarNode node = lab.tailjar(host);
    nodes.add(node);
    return node;
  }

  private TailjarNode pointed(String host, String url) {
    return node(host).with("TAILSCALE_SERVER_URL", url).with("TAILSCALE_KEY", "k-secret");
  }

  private static void assertSaid(TailjarNode node, String part) {
    assertThat(Shell.eventually(() -> node.logText().contains(part)))
        .as("\"%s\" in: %s", part, node.logText())
        .isTrue();
  }

  private static List<String> lines(TailjarNode node, String part) {
    return node.logText().lines().filter(line -> line.contains(part)).toList();
  }

  private static String response(String line) {
    return "SYSTEM:printf '%s\\r\\nContent-Length\\: 0\\r\\n\\r\\n'".formatted(line);
  }

  private void serve(String... command) {
    processes.add(lab.spawn("hs", lab.file("servers.log"), Map.of(), command));
  }

  private void listen(String host, String address) {
    processes.add(
        lab.spawn(
            host, lab.file("servers.log"), Map.of(), "socat", "-u", address, "OPEN:/dev/null"));
  }
}
