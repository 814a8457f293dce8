package org.tailjar.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.tailjar.systemtests.throughput.CleanExit;
import org.tailjar.systemtests.throughput.Peer;
import org.tailjar.systemtests.throughput.Spread;
import org.tailjar.systemtests.throughput.TailjarPeer;
import org.tailjar.systemtests.throughput.TailscaledPeer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code scripts/bench footprint}. */
@Command(
    name = "scripts/bench footprint",
    sortOptions = false,
    usageHelpWidth = 120,
    description =
        "Measures what our node and the incumbent cost at rest and under load, and how long each"
            + " takes from its start to the first answered packet. Tables go to standard output and"
            + " to dist/bench/footprint.md.")
final class Footprint implements Callable<Integer> {

  /** What the choice of the collector and of the heap is to be argued with. */
  private static final List<String> SETTINGS =
      List.of(
          "as-shipped=%s",
          "heap-48m=%s,-Xmx48m",
          "heap-64m=%s,-Xmx64m",
          "heap-192m=%s,-Xmx192m",
          "parallel=%s,-XX:-UseSerialGC,-XX:+UseParallelGC",
          "g1=%s,-XX:-UseSerialGC,-XX:+UseG1GC");

  private static final Duration LIMIT = Duration.ofMinutes(1);

  @Option(names = "--rounds", defaultValue = "5", description = "Starts and loads of each kind: 5.")
  private int rounds;

  @Option(
      names = "--rest",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "Time without traffic before memory at rest is looked at: 30.")
  private int rest;

  @Option(names = "--seconds", defaultValue = "3", description = "Length of a load: 3.")
  private int seconds;

  @Option(
      names = "--dist",
      paramLabel = "[NAME=]DIR[,OPTION...]",
      description =
          "A linked runtime whose memory is measured, with options for its JVM or variables, as in"
              + " scripts/bench throughput; once for each. Unless told, dist/tailjar with several"
              + " collectors and heaps. A collector takes two options, such as"
              + " -XX:-UseSerialGC,-XX:+UseG1GC.")
  private List<String> builds = List.of();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this.")
  private boolean help;

  @Option(names = "--output", hidden = true, defaultValue = "dist/bench")
  private Path output = Path.of("");

  private Footprint() {}

  /** How a node of ours is started. */
  private enum Start {
    /** With the state and the map of an earlier run. */
    WARM("warm"),
    /** The same, with nothing of the runtime in the kernel's cache of files. */
    COLD("files not in the cache"),
    /** With a key and no state. */
    JOIN("first join");

    private final String title;

    Start(String title) {
      this.title = title;
    }
  }

  /** Runs the benchmark as the command line does, and gives its exit status. */
  static int execute(String... arguments) {
    return CleanExit.execute(new Footprint(), arguments);
  }

  public static void main(String[] arguments) {
    System.exit(execute(arguments));
  }

  @Override
  public Integer call() {
    if (rounds < 1 || rest < 0 || seconds < 1) {
      throw new IllegalArgumentException("there must be a round, and a second for each load");
    }
    Lab.needWithLab("headscale", "tailscaled", "tailscale", "iperf3", "ss", "ping", "curl", "dd");
    Path here = Path.of(System.getProperty("tailjar.caller", ""));
    Path shipped = LinkedRuntime.home().toAbsolutePath();
    List<Peer> peers = new ArrayList<>();
    if (builds.isEmpty()) {
      SETTINGS.forEach(each -> peers.add(TailjarPeer.parse(each.formatted(shipped), here)));
    } else {
      builds.forEach(each -> peers.add(TailjarPeer.parse(each, here)));
    }
    peers.add(TailscaledPeer.onPath());
    String report =
        CleanExit.during(
            () ->
                starts(shipped)
                    + "\n"
                    + MemoryBySetting.table(
                        peers, rounds, Duration.ofSeconds(rest), Duration.ofSeconds(seconds)));
    System.out.print(report);
    try {
      Files.createDirectories(output);
      Files.writeString(output.resolve("footprint.md"), report);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return 0;
  }

  private String starts(Path shipped) {
    Path copy = shipped.resolveSibling("footprint-" + ProcessHandle.current().pid());
    try (Lab lab = Lab.start(Lab.Scheme.HTTP)) {
      TailjarNode ours = lab.tailjar("na").join();
      String target = lab.tailjar("nb").join().ip4();
      TailscaledNode theirs = lab.tailscaled("nc");
      List<Double> oursStarts = new ArrayList<>();
      List<Double> theirStarts = new ArrayList<>();
      for (int round = 1; round <= rounds; round++) {
        System.err.printf("warm start %d of %d%n", round, rounds);
        ours.terminate();
        oursStarts.add(secondsToFirstAnswer(lab, "na", target, ours::start));
        theirs.close();
        theirStarts.add(secondsToFirstAnswer(lab, "nc", target, theirs::start));
      }
      pause(Duration.ofSeconds(rest));
      ResidentMemory oursAtRest = ofHost(lab, "na");
      ResidentMemory theirsAtRest = ofHost(lab, "nc");
      String table =
          String.format(
              Locale.ROOT,
              """
              | | tailjar | tailscaled %s |
              |---|---|---|
              | warm start to first answered ping, s, median of %d (least - most) | %s | %s |
              | resident memory at rest, MB | %.0f | %.0f |
              | of it anonymous, MB | %.0f | %.0f |
              | size on disk, MB | %d | %d |

              """,
              theirs.version(),
              rounds,
              spread(oursStarts),
              spread(theirStarts),
              oursAtRest.all(),
              theirsAtRest.all(),
              oursAtRest.anonymous(),
              theirsAtRest.anonymous(),
              megabytes(shipped),
              megabytes(Shell.find("tailscaled").orElseThrow())
                  + megabytes(Shell.find("tailscale").orElseThrow()));
      Shell.run("cp", "-a", shipped.toString(), copy.toString()).succeeded();
      String server = lab.headscale().run("version").output().lines().findFirst().orElse("?");
      return server + "\n\n" + table + phases(lab, ours, copy, shipped, target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      Shell.run("rm", "-rf", copy.toString());
    }
  }

  /** What the time of starts goes to. */
  private String phases(Lab lab, TailjarNode settled, Path copy, Path shipped, String target) {
    TailjarNode newcomer = lab.tailjar("nd").with("TAILSCALE_KEY", lab.server().key("--reusable"));
    settled.with("TAILSCALE_LOG_LEVEL", "debug").terminate();
    newcomer.with("TAILSCALE_LOG_LEVEL", "debug");
    Map<Start, StartPhases> phases = new EnumMap<>(Start.class);
    for (int round = 1; round <= rounds; round++) {
      for (Start start : Start.values()) {
        System.err.printf("start, %s, %d of %d%n", start.title, round, rounds);
        TailjarNode node = start == Start.JOIN ? newcomer : settled;
        node.of(start == Start.COLD ? copy : shipped);
        switch (start) {
          case WARM -> {}
          case COLD -> evict(copy);
          case JOIN -> Shell.run("sh", "-c", "rm -rf " + node.state() + "/*").succeeded();
        }
        phases
            .computeIfAbsent(start, each -> new StartPhases())
            .add(line(lab, start == Start.JOIN ? "nd" : "na", node, target));
        node.terminate();
      }
    }
    StringBuilder text = new StringBuilder("| phase: ms that it took, and since the start |");
    phases.keySet().forEach(start -> text.append(" ").append(start.title).append(" |"));
    text.append("\n|---|").append("---:|".repeat(phases.size())).append("\n");
    for (String name : phases.get(Start.JOIN).names()) {
      text.append("| ").append(name).append(" |");
      phases
          .values()
          .forEach(each -> text.append(" ").append(each.medians(name).orElse("")).append(" |"));
      text.append("\n");
    }
    return text.toString();
  }

  /** Starts it, pings until there is an answer, and waits for what it logs of its start. */
  private static String line(Lab lab, String host, TailjarNode node, String target) {
    int before = StartPhases.lines(node.logText()).size();
    secondsToFirstAnswer(lab, host, target, node::start);
    if (!Shell.eventually(LIMIT, () -> StartPhases.lines(node.logText()).size() > before)) {
      throw new IllegalStateException(host + " logs nothing of its start: " + node.logText());
    }
    return StartPhases.lines(node.logText()).getLast();
  }

  /** Has the kernel forget the files of a runtime that nobody uses. */
  private static void evict(Path runtime) {
    Shell.run(
            "sh",
            "-c",
            "sync && find "
                + runtime
                + " -type f -exec dd if={} iflag=nocache count=0 status=none \\;")
        .succeeded();
  }

  private static double secondsToFirstAnswer(Lab lab, String host, String target, Runnable start) {
    long began = System.nanoTime();
    start.run();
    boolean answered =
        Shell.eventually(
            LIMIT, () -> lab.run(host, "ping", "-n", "-c", "1", "-W", "0.2", target).status() == 0);
    if (!answered) {
      throw new IllegalStateException(host + " answers no ping within a minute of its start");
    }
    return (System.nanoTime() - began) / 1e9;
  }

  private static String spread(List<Double> values) {
    Spread spread = Spread.of(values);
    return String.format(
        Locale.ROOT, "%.2f (%.2f - %.2f)", spread.median(), spread.least(), spread.most());
  }

  /** Of all processes of a host. */
  private static ResidentMemory ofHost(Lab lab, String host) {
    return Shell.run("ip", "netns", "pids", lab.namespace(host))
        .output()
        .lines()
        .map(pid -> ResidentMemory.of(Long.parseLong(pid)))
        .reduce(ResidentMemory.NONE, ResidentMemory::plus);
  }

  private static long megabytes(Path path) throws IOException {
    try (var files = Files.walk(path)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return Math.round(bytes / 1e6);
    }
  }

  /** Does nothing for a while. */
  static void pause(Duration time) {
    System.err.printf("at rest for %d s%n", time.toSeconds());
    try {
      TimeUnit.SECONDS.sleep(time.toSeconds());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
