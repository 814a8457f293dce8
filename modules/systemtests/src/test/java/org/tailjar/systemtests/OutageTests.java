package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What a machine does to a node: each outage is over by itself, is said once, and costs a number of
 * packets that is printed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutageTests {

  private static final String UNSAVED = "cannot be saved";

  /**
   * After so long WireGuard takes notice of a silence by itself: what is mended sooner, Tailjar has
   * mended.
   */
  private static final Duration SILENCE_OF_WIREGUARD = Duration.ofSeconds(15);

  @AutoClose private final Lab lab = Lab.start(Lab.Scheme.HTTP);
  private TailjarNode a;
  private TailjarNode b;
  private String address;
  private int logged;

  private interface Outage {
    void happens() throws Exception;
  }

  @BeforeAll
  void joinAll() {
    a = lab.tailjar("na").join();
    b = lab.tailjar("nb").join();
    address = b.ip4();
  }

  @BeforeEach
  void beginDirect() {
    awaitDirect();
    logged = a.logText().length();
  }

  private void awaitDirect() {
    assertThat(
            Shell.eventually(
                () ->
                    lab.pings("na", address, 1) == 1
                        && a.tailjar("ping", address).output().contains("via 10.77.0.")))
        .as("direct: %s; %s", a.tailjar("ping", address).output(), a.logText())
        .isTrue();
  }

  /** Lines of the log of this test that are not mere information. */
  private List<String> troubles() {
    return a.logText()
        .substring(logged)
        .lines()
        .filter(line -> line.toUpperCase(Locale.ROOT).matches(".*\\b(WARN|WARNING|ERROR)\\b.*"))
        .toList();
  }

  private PingStream.Figures during(String name, Outage outage) throws Exception {
    PingStream pings = PingStream.start(lab, "na", address);
    outage.happens();
    pings.awaitAnswers(25);
    return pings.stop().of(name);
  }

  private void ip(String... arguments) {
    String[] line = new String[arguments.length + 1];
    line[0] = "ip";
    System.arraycopy(arguments, 0, line, 1, arguments.length);
    lab.run("na", line).succeeded();
  }

  private void assertPutBack(String name, Outage outage) throws Exception {
    PingStream.Figures figures = during(name, outage);
    // Nobody else makes an interface anew: a tenth of a second, or two if it takes a second try.
    assertThat(figures.longestSilence()).isLessThan(Duration.ofSeconds(8));
    assertThat(troubles().stream().filter(line -> !line.contains("put back")))
        .as("said once")
        .hasSize(1);
    // What was not missed by these pings, too.
    lab.assertReaches("na", b.ip6());
    lab.assertReaches("nb", a.ip4());
  }

  @Test
  void anInterfaceThatIsSwitchedOffComesBack() throws Exception {
    Duration silence =
        Stream.of(
                during("interface down", () -> ip("link", "set", "tailscale0", "down")),
                during("address removed", () -> ip("-4", "addr", "flush", "dev", "tailscale0")),
                during("routes removed", () -> ip("route", "flush", "table", "52")),
                during("rule removed", () -> ip("rule", "del", "priority", "5270")))
            .map(PingStream.Figures::longestSilence)
            .reduce(Duration.ZERO, Duration::plus);
    // Less than a second each when the node hears of it; found by its looks every 10 s, 20 s are to
    // be expected of the four, and less than 8 once in sixty times.
    assertThat(silence).isLessThan(Duration.ofSeconds(8));
    assertThat(a.logText().lines().filter(line -> line.contains("put back")))
        .as("said once, whatever the other tests did")
        .hasSize(1);
    lab.assertReaches("na", b.ip6());
    lab.assertReaches("nb", a.ip4());
  }

  @Test
  void anInterfaceThatIsDeletedIsMadeAnew() throws Exception {
    assertPutBack("interface deleted", () -> ip("link", "del", "tailscale0"));
  }

  @Test
  void anInterfaceThatIsRenamedIsMadeAnew() throws Exception {
    assertPutBack(
        "interface renamed",
        () -> {
          ip("link", "set", "tailscale0", "down");
          ip("link", "set", "tailscale0", "name", "other0");
        });
  }

  @Test
  void aMachineThatGetsAnotherAddressIsFoundThere() throws Exception {
    try {
      PingStream.Figures figures =
          during(
              "address of the machine changed",
              () -> {
                ip("addr", "del", "10.77.0.2/24", "dev", "eth0");
                ip("addr", "add", "10.77.0.12/24", "dev", "eth0");
              });
      assertThat(figures.longestSilence()).isLessThan(SILENCE_OF_WIREGUARD);
      awaitDirect();
      assertThat(
              Shell.eventually(
                  () -> b.tailjar("ping", a.ip4()).output().contains("via 10.77.0.12:")))
          .as("the peer goes to the new address: %s", b.tailjar("ping", a.ip4()).output())
          .isTrue();
    } finally {
      ip("addr", "flush", "dev", "eth0");
      ip("addr", "add", "10.77.0.2/24", "dev", "eth0");
    }
    awaitDirect();
    assertThat(troubles()).hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void aCableThatIsPulledAndPutBack() throws Exception {
    PingStream.Figures figures =
        during(
            "network off for 3 s",
            () -> {
              ip("link", "set", "eth0", "down");
              Shell.pause(Duration.ofSeconds(3));
              ip("link", "set", "eth0", "up");
            });
    assertThat(figures.longestSilence())
        .as("beyond the time without a network")
        .isLessThan(Duration.ofSeconds(3).plus(SILENCE_OF_WIREGUARD));
    assertThat(troubles()).hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void datagramsThatAFirewallRefusesGoByTheRelay() throws Exception {
    PingStream.Figures figures;
    try {
      figures = during("UDP refused here (EPERM)", () -> lab.blockUdp("na"));
    } finally {
      lab.unblockUdp("na");
    }
    // At once: no pong has to be missed, which takes 6.5 s.
    assertThat(figures.longestSilence()).isLessThan(Duration.ofSeconds(5));
    assertThat(troubles()).isEmpty();
  }

  @Test
  void datagramsThatVanishOnTheWayGoByTheRelay() throws Exception {
    lab.run("nb", "nft", "add", "table", "inet", "lost").succeeded();
    PingStream.Figures figures;
    try {
      figures =
          during(
              "UDP lost on the way",
              () -> {
                lab.run(
                        "nb",
                        "nft",
                        "add chain inet lost i { type filter hook input priority 0 ; } ; "
                            + "add rule inet lost i iifname eth0 meta l4proto udp drop")
                    .succeeded();
                // Answers that were on their way when the rule came.
                Shell.pause(Duration.ofSeconds(1));
              });
    } finally {
      lab.run("nb", "nft", "delete", "table", "inet", "lost").succeeded();
    }
    // As long as a pong counts as proof of a path: 6.5 s, which the incumbent waits as well.
    assertThat(figures.longestSilence()).isLessThan(SILENCE_OF_WIREGUARD);
    assertThat(troubles()).isEmpty();
  }

  @Test
  void withoutFreeDescriptorsPacketsFlowAndTheRestWaits() throws Exception {
    int used;
    try (var files = Files.list(java.nio.file.Path.of("/proc", Long.toString(a.pid()), "fd"))) {
      used = (int) files.count();
    }
    PingStream.Figures figures =
        during(
            "no free descriptors, server restarted",
            () -> {
              limitDescriptors(used - 5);
              try {
                lab.headscale().stop();
                lab.headscale().start();
                Shell.pause(Duration.ofSeconds(5));
              } finally {
                limitDescriptors(4096);
              }
            });
    assertThat(figures.lost()).as("on the direct path").isZero();
    assertThat(Shell.eventually(() -> lab.headscale().online("na")))
        .as("connected again: %s", a.logText().substring(logged))
        .isTrue();
    assertThat(a.isRunning()).isTrue();
    assertThat(a.tailjar("healthcheck").status()).isZero();
    assertThat(troubles()).as("said once for each part").hasSizeLessThanOrEqualTo(4);
  }

  private void limitDescriptors(int most) {
    Shell.run("prlimit", "--pid", Long.toString(a.pid()), "--nofile=" + most + ":4096").succeeded();
  }

  @Test
  void aFullDiskCostsNoPacketAndIsSaidOnce() throws Exception {
    Requirements.need("mount");
    TailjarNode full = lab.tailjar("nc");
    Shell.run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", full.state().toString())
        .succeeded();
    try {
      full.join();
      String path = full.state().toString();
      Shell.run("sh", "-c", "head -c 1M /dev/zero > " + path + "/fill").output();
      int before = full.logText().length();
      PingStream pings = PingStream.start(lab, "nc", address);
      // Each changes the map.
      for (int port : new int[] {4240, 4241, 4242}) {
        allow(port);
        Shell.pause(Duration.ofSeconds(3));
      }
      assertThat(Shell.eventually(() -> full.logText().substring(before).contains(UNSAVED)))
          .as("said at all: %s", full.logText())
          .isTrue();
      assertThat(pings.stop().of("disk full").lost()).isZero();
      assertThat(full.logText().substring(before).lines().filter(l -> l.contains(UNSAVED)))
          .as(full.logText())
          .hasSize(1);
      Shell.run("rm", path + "/fill").succeeded();
      allow(4343);
      // A save that failed is tried again after half a minute.
      assertThat(
              Shell.eventually(
                  () -> Shell.run("cat", path + "/netmap.json").output().contains("4343")))
          .as("saved once there is room")
          .isTrue();
    } finally {
      full.close();
      Shell.run("umount", full.state().toString());
    }
  }

  /** A policy that differs from others in one port, which nobody uses. */
  private void allow(int port) {
    lab.headscale()
        .policy(
            """
            {"acls":[{"action":"accept","src":["*"],"dst":["*:*"]},
            {"action":"accept","proto":"tcp","src":["*"],"dst":["*:%d"]}]}\
            """
                .formatted(port));
  }
}
