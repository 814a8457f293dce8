package org.tailjar.systemtests.throughput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.LinkedRuntime;
import org.tailjar.systemtests.Requirements;
import org.tailjar.systemtests.Shell;

/** That the benchmark runs, and reports what it is to report. */
class ThroughputTests {

  @TempDir private Path output;

  @Test
  void everyLoadOfEveryPeerIsMeasuredOrNamed() throws IOException {
    Requirements.need("iperf3");

    int status =
        Throughput.execute("1", "--seconds", "1", "--warm-up", "0", "--output", output.toString());

    assertThat(status).isZero();
    String tables = read("throughput.md");
    assertThat(tables).doesNotContain("Failed: ");
    for (Load load : Load.values()) {
      assertThat(tables)
          .containsPattern("(\\| " + load.title() + " \\||Missing: " + load.id() + ":)");
    }
    for (Metric metric : Metric.values()) {
      assertThat(tables).contains("| " + metric.title() + " |");
    }
    for (String peer : Roster.OTHERS) {
      assertThat(tables).containsPattern("(\\| " + peer + " [0-9]|Missing: " + peer + ")");
    }
    assertThat(Jsonb.instance().type(Object.class).fromJson(read("throughput.json")))
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsKeys("machine", "peers", "figures");
    assertThat(read("tcp.svg")).startsWith("<svg").contains(Load.TCP1.title()).endsWith("</svg>\n");
    assertThat(Shell.run("ip", "netns").output())
        .doesNotContain("tj" + ProcessHandle.current().pid() + "x");
  }

  @Test
  void aMissingProgramIsOneLineThatSaysHowToInstallIt() throws IOException {
    Lab.needWithLab("iperf3", "ss", "ping", "curl");
    Path links = Files.createDirectory(output.resolve("bin"));
    // All that is wanted but socat; the launcher of the node needs dirname.
    for (String program :
        List.of("ip", "openssl", "nft", "iperf3", "ss", "ping", "curl", "sh", "dirname")) {
      Files.createSymbolicLink(links.resolve(program), Shell.find(program).orElseThrow());
    }

    Shell.Result result =
        Shell.run(
            "env",
            "PATH=" + links,
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dtailjar.dist=" + LinkedRuntime.home().toAbsolutePath(),
            "-cp",
            System.getProperty("java.class.path"),
            Throughput.class.getName(),
            "--peers",
            "tailjar");
    // JUnit would warn of each link that leads out of its directory.
    Shell.run("rm", "-r", links.toString()).succeeded();

    assertThat(result.output()).isEqualTo("not on PATH: socat; on Debian: apt-get install socat");
    assertThat(result.status()).isEqualTo(69);
  }

  @Test
  void whatALabLacksEndsACommandCleanlyWhereverItIsFound() throws Exception {
    IllegalStateException wrapped =
        new IllegalStateException("a lab", new TestAbortedException("not on PATH: nft"));
    assertThat(
            CleanExit.of(
                () -> {
                  throw wrapped;
                }))
        .isEqualTo(69);
    assertThatThrownBy(
            () ->
                CleanExit.of(
                    () -> {
                      throw new IllegalStateException("a fault");
                    }))
        .hasMessage("a fault");
  }

  @Test
  void flowsToSeveralPeersAreSummed() {
    Iperf.Report sum = new Iperf.Report(3e9, 4, 4e9).plus(new Iperf.Report(1e9, 5, 1e9));
    assertThat(sum).isEqualTo(new Iperf.Report(4e9, 5, 5e9));
    assertThat(sum.gigabitsPerSecond()).isEqualTo(6.4);
    assertThat(new Tunnel.Calls(1, 40).plus(new Tunnel.Calls(2, 20)))
        .isEqualTo(new Tunnel.Calls(3, 60));
    assertThat(new NamedPeer("one").hosts(3)).containsExactly("na", "nb", "nc", "nd");
    assertThat(Load.FANOUT.receivers()).isEqualTo(3);
  }

  @Test
  void theRelayIsSpokenToByHttpsForOneLoadAlone() {
    assertThat(Load.values())
        .filteredOn(load -> load.scheme() == Lab.Scheme.HTTPS)
        .containsExactly(Load.RELAYED_TLS);
    assertThat(Load.RELAYED_TLS.relayed()).isTrue();
  }

  @Test
  void aLabWhoseThreadIsInterruptedIsGoneAllTheSame() {
    Lab lab = Lab.startWithoutServer();
    Thread.currentThread().interrupt();
    lab.close();
    assertThat(Thread.interrupted()).as("the interrupt is still known").isTrue();
    assertThat(Shell.run("ip", "netns").output()).doesNotContain(lab.namespace("na"));
    assertThat(lab.file("")).doesNotExist();
  }

  @Test
  void ratiosAreOfTheSameRound() {
    Peer one = new NamedPeer("one");
    Peer other = new NamedPeer("other");
    Results results = new Results();
    // The machine became four times as fast, and one peer was always twice as fast as the other.
    double[] machine = {1, 2, 4};
    for (int round = 0; round < machine.length; round++) {
      results.add(round, Load.TCP1, one, Map.of(Metric.RATE, 2 * machine[round]));
      results.add(round, Load.TCP1, other, Map.of(Metric.RATE, machine[round]));
    }
    results.add(4, Load.TCP1, one, Map.of(Metric.RATE, 100.0));

    assertThat(results.ratio(Load.TCP1, one, other, Metric.RATE)).contains(new Spread(2, 2, 2));
    assertThat(results.spread(Load.TCP1, other, Metric.RATE)).contains(new Spread(2, 1, 4));
    assertThat(results.ratio(Load.TCP4, one, other, Metric.RATE)).isEmpty();
  }

  @Test
  void theMedianOfAnEvenNumberIsBetweenTheMiddleTwo() {
    assertThat(Spread.of(List.of(9.0, 1.0, 3.0, 2.0))).isEqualTo(new Spread(2.5, 1, 9));
  }

  @Test
  void thePercentileIsATimeThatWasMeasured() {
    List<Double> times = Arrays.stream(new double[] {1, 2, 3, 4, 50}).boxed().toList();
    Pings.Report report = new Pings.Report(10, times);
    assertThat(report.milliseconds(0.5)).isEqualTo(3);
    assertThat(report.milliseconds(0.99)).isEqualTo(50);
    assertThat(report.lostShare()).isEqualTo(0.5);
  }

  @Test
  void aBuildHasANameOptionsAndVariables() {
    Path build = LinkedRuntime.home().toAbsolutePath();
    assumeTrue(Files.exists(build), "needs the linked runtime at " + build + ": run scripts/build");
    TailjarPeer peer =
        TailjarPeer.parse("new=" + build + ",-Xlog:gc*,safepoint,-Xmx64m,A_B=x,y", Path.of("/"));
    assertThat(peer.name()).isEqualTo("new");
    assertThat(peer.build()).isEqualTo(build);
    assertThat(peer.options()).containsExactly("-Xlog:gc*,safepoint", "-Xmx64m");
    assertThat(peer.environment()).isEqualTo(Map.of("A_B", "x,y"));
  }

  @Test
  void whatIsNotThereIsRefusedByName() {
    assertThatThrownBy(() -> TailjarPeer.parse("/nowhere", Path.of("/")))
        .hasMessageContaining("no linked runtime at /nowhere");
    assertThatThrownBy(() -> Load.of("tcp9")).hasMessageContaining("tcp9");
    assertThatThrownBy(() -> Roster.find(List.of("openvpn"), List.of(), Path.of("/")))
        .hasMessageContaining("openvpn");
  }

  private String read(String name) throws IOException {
    return Files.readString(output.resolve(name));
  }

  private record NamedPeer(String name) implements Peer {
    @Override
    public String version() {
      return "";
    }

    @Override
    public boolean relays() {
      return false;
    }

    @Override
    public Tunnel open(int receivers, Lab.Scheme scheme) {
      throw new UnsupportedOperationException();
    }
  }
}
