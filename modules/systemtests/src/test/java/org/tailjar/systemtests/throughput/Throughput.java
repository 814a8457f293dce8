package org.tailjar.systemtests.throughput;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Programs;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code scripts/bench throughput}. */
@Command(
    name = "scripts/bench throughput",
    sortOptions = false,
    usageHelpWidth = 120,
    description =
        "Measures tunnels of ours beside those of every peer that is found, alternating in one run."
            + " Tables go to standard output, and with plots and JSON to dist/bench.")
public final class Throughput implements Callable<Integer> {

  @Parameters(arity = "0..1", paramLabel = "ROUNDS", description = "The same as --rounds.")
  private @Nullable Integer positional;

  @Option(names = "--rounds", defaultValue = "5", description = "Rounds of all loads: 5.")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "5",
      description = "Length of a load: 5. Under 3, p99 is of less than 200 pings.")
  private int seconds;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description = "Length of each load before the first round: 5. 0 for none.")
  private int warmUp;

  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "PEER",
      description =
          "What to compare: tailjar, tailscaled, wireguard-go, boringtun. All that are found, or"
              + " our builds alone where --dist names several. wireguard-go is looked for in the"
              + " variable WIREGUARD_GO, too.")
  private List<String> peers = List.of();

  @Option(
      names = "--loads",
      split = ",",
      paramLabel = "LOAD",
      description =
          "What they carry: tcp1, tcp4 (flows), tcp1r, tcp4r (reversed), tcp1v6 (IPv6 inside the"
              + " tunnel), fanout (TCP to 3 receivers at once, their sum), udp200, udp1200 (bytes,"
              + " floods), udp200v6, udp200p (40,000 a second), ping (under TCP), relayed (TCP),"
              + " relayedtls (by a relay with TLS), relayedping. All unless told.")
  private List<String> loads = List.of();

  @Option(
      names = "--dist",
      paramLabel = "[NAME=]DIR[,OPTION...]",
      description =
          "A linked runtime to measure in place of dist/tailjar. Given several times, the builds"
              + " are compared side by side. OPTION is one of the JVM's (-Xmx64m), or a variable"
              + " for the environment of its nodes (NAME=VALUE).")
  private List<String> builds = List.of();

  @Option(
      names = "--baseline",
      description = "Measures the network of the namespaces without a tunnel, too (MTU 1500).")
  private boolean baseline;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this.")
  private boolean help;

  @Option(names = "--output", hidden = true, defaultValue = "dist/bench")
  private Path output = Path.of("");

  private Throughput() {}

  /** Runs the benchmark as the command line does, and gives its exit status. */
  public static int execute(String... arguments) {
    return CleanExit.execute(new Throughput(), arguments);
  }

  public static void main(String[] arguments) {
    System.exit(execute(arguments));
  }

  @Override
  public Integer call() {
    Run run = run();
    run.missing().forEach(line -> System.err.println("missing: " + line));
    CleanExit.during(
        () -> {
          measure(run);
          return true;
        });
    return 0;
  }

  /** Measures and reports; what was measured is reported even if the rest fails or is left off. */
  private void measure(Run run) {
    Results results = new Results();
    try {
      Measurement.into(results, run);
      report(run, results);
    } catch (RuntimeException | AssertionError e) {
      boolean interrupted = Thread.interrupted();
      if (!results.isEmpty()) {
        run.failures().add("the rest: " + (interrupted ? "interrupted" : e.getMessage()));
        report(run, results);
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      throw e;
    }
  }

  private void report(Run run, Results results) {
    String report = MarkdownReport.of(run, results);
    try {
      Files.createDirectories(output);
      Files.writeString(output.resolve("throughput.md"), report);
      Files.writeString(output.resolve("throughput.json"), JsonReport.of(run, results));
      for (Map.Entry<String, BarChart> plot : Plots.of(run, results).entrySet()) {
        Files.writeString(output.resolve(plot.getKey() + ".svg"), plot.getValue().svg());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    System.out.print(report);
  }

  private Run run() {
    int wantedRounds = positional == null ? rounds : positional;
    if (wantedRounds < 1 || seconds < 1 || warmUp < 0) {
      throw new IllegalArgumentException("there must be a round, and a second for each load");
    }
    List<Load> wanted =
        loads.isEmpty() ? List.of(Load.values()) : loads.stream().map(Load::of).toList();
    Path here = Path.of(System.getProperty("tailjar.caller", ""));
    Roster roster = Roster.find(peers, builds, here);
    List<Peer> all = new ArrayList<>(roster.peers());
    if (baseline) {
      all.add(new NoTunnel());
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException("nothing to measure: " + roster.missing());
    }
    Lab.needWithLab("iperf3", "ss", "ping", "curl");
    List<String> missing = new ArrayList<>(roster.missing());
    List<Load> possible = wanted;
    Optional<String> server = Programs.missing("headscale");
    if (server.isPresent()) {
      // The testkit's server, which stands in for it, has no https.
      possible = wanted.stream().filter(load -> load.scheme() == Lab.Scheme.HTTP).toList();
      wanted.stream()
          .filter(load -> load.scheme() == Lab.Scheme.HTTPS)
          .forEach(load -> missing.add(load.id() + ": " + server.get()));
    }
    return new Run(
        wantedRounds,
        Duration.ofSeconds(warmUp),
        Duration.ofSeconds(seconds),
        List.copyOf(all),
        possible,
        missing);
  }
}
