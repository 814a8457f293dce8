package org.tailjar.systemtests.throughput;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code scripts/bench throughput}. */
@Command(
    name = "scripts/bench throughput",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpAutoWidth = true,
    description =
        "Measures tunnels of ours beside those of every peer that is found, alternating in one run."
            + " Tables go to standard output and, with JSON, to dist/bench.")
final class Throughput implements Callable<Integer> {

  private static final int UNAVAILABLE = 69;

  @Parameters(arity = "0..1", paramLabel = "ROUNDS", description = "The same as --rounds.")
  private @Nullable Integer positional;

  @Option(names = "--rounds", defaultValue = "5", description = "Rounds of all loads: 5.")
  private int rounds;

  @Option(names = "--seconds", defaultValue = "5", description = "Length of a load: 5.")
  private int seconds;

  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "PEER",
      description =
          "What to compare, of tailjar, tailscaled: all that are found, or our builds alone where"
              + " --dist names several.")
  private List<String> peers = List.of();

  @Option(
      names = "--loads",
      split = ",",
      paramLabel = "LOAD",
      description =
          "What they carry: tcp1, tcp4 (flows), tcp1r, tcp4r (reversed); all unless told.")
  private List<String> loads = List.of();

  @Option(
      names = "--dist",
      paramLabel = "[NAME=]DIR[,OPTION...]",
      description =
          "A linked runtime to measure in place of dist/tailjar. Given several times, the builds"
              + " are compared side by side. OPTION is one of the JVM's (-Xmx64m), or a variable"
              + " for the environment of its nodes (NAME=VALUE).")
  private List<String> builds = List.of();

  @Option(names = "--output", hidden = true, defaultValue = "dist/bench")
  private Path output = Path.of("");

  private Throughput() {}

  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new Throughput());
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          if (!(e instanceof TestAbortedException || e instanceof IllegalArgumentException)) {
            throw e;
          }
          System.err.println(e.getMessage());
          return UNAVAILABLE;
        });
    int status = line.execute(arguments);
    System.exit(status);
  }

  @Override
  public Integer call() throws IOException {
    Path here = Path.of(System.getProperty("tailjar.caller", ""));
    List<Peer> found = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    boolean all = peers.isEmpty() && builds.size() < 2;
    if (peers.isEmpty() || peers.contains("tailjar")) {
      if (builds.isEmpty()) {
        found.add(TailjarPeer.of(Lab.launcher().getParent().getParent()));
      }
      for (String build : builds) {
        TailjarPeer peer = TailjarPeer.parse(build, here);
        // What a lab takes its own tools from.
        System.setProperty("tailjar.dist", peer.build().toString());
        found.add(peer);
      }
    }
    if (all || peers.contains("tailscaled")) {
      if (Shell.find("tailscaled").isPresent()
          && Shell.find("tailscale").isPresent()
          && Shell.find("headscale").isPresent()) {
        found.add(TailscaledPeer.onPath());
      } else {
        missing.add("tailscaled, which needs tailscaled, tailscale and headscale on PATH");
      }
    }
    List<Load> wanted =
        loads.isEmpty()
            ? List.of(Load.values())
            : loads.stream()
                .map(
                    id ->
                        Arrays.stream(Load.values())
                            .filter(load -> load.id().equals(id))
                            .findFirst()
                            .orElseThrow(
                                () -> new IllegalArgumentException("there is no load " + id)))
                .toList();
    Run run =
        new Run(
            positional == null ? rounds : positional,
            Duration.ofSeconds(seconds),
            List.copyOf(found),
            wanted,
            missing);
    Results results = new Results();
    Thread main = Thread.currentThread();
    Thread hook = new Thread(() -> stop(main));
    Runtime.getRuntime().addShutdownHook(hook);
    measure(run, results);
    Runtime.getRuntime().removeShutdownHook(hook);
    String report = MarkdownReport.of(run, results);
    Files.createDirectories(output);
    Files.writeString(output.resolve("throughput.md"), report);
    System.out.print(report);
    return 0;
  }

  /** On Ctrl-C: has the main thread leave off and close the labs. */
  private static void stop(Thread main) {
    main.interrupt();
    try {
      main.join(Duration.ofSeconds(30));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void measure(Run run, Results results) {
    List<Tunnel> tunnels = new ArrayList<>();
    try {
      for (Peer peer : run.peers()) {
        System.err.println("starting " + peer.title());
        tunnels.add(peer.open());
      }
      for (int i = 0; i < tunnels.size(); i++) {
        System.err.println("warming up " + run.peers().get(i).title());
        tunnels.get(i).awaitDirect();
        Load.TCP1.on(tunnels.get(i), run.time());
        Load.TCP1_REVERSED.on(tunnels.get(i), run.time());
      }
      Progress progress = new Progress(run);
      for (int round = 1; round <= run.rounds(); round++) {
        for (Load load : run.loads()) {
          for (int i = 0; i < tunnels.size(); i++) {
            // Each is first in turn.
            int turn = (i + round - 1) % tunnels.size();
            Peer peer = run.peers().get(turn);
            var sample = load.on(tunnels.get(turn), run.time());
            results.add(round, load, peer, sample);
            progress.measured(round, load, peer, sample);
          }
        }
      }
    } finally {
      Collections.reverse(tunnels);
      tunnels.forEach(Tunnel::close);
    }
  }
}
