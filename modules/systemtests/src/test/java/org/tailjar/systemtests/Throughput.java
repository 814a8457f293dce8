package org.tailjar.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Measures TCP through the tunnel from node to node: ours to ours and tailscaled to tailscaled,
 * each pair on a tailnet of its own, alternating in one run. Prints a table in Markdown. Started by
 * {@code scripts/bench throughput}.
 */
final class Throughput {

  private static final int SECONDS = 5;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final double TICKS_PER_SECOND = 100;

  /** A load of iperf3. */
  private record Load(String name, List<String> options) {}

  private static final List<Load> LOADS =
      List.of(
          new Load("TCP, 1 flow", List.of()),
          new Load("TCP, 4 flows", List.of("-P", "4")),
          new Load("TCP, 1 flow, reversed", List.of("-R")));

  /** One measurement. */
  private record Sample(double gigabits, double cpuSecondsPerGigabyte) {}

  /** Two nodes of one kind. */
  private record Pair(String name, Lab lab, String target) {}

  private Throughput() {}

  public static void main(String[] arguments) {
    int rounds = arguments.length == 0 ? 5 : Integer.parseInt(arguments[0]);
    Lab.need("iperf3", "tailscaled", "tailscale");
    try (Lab ourLab = Lab.start(Lab.Scheme.HTTP);
        Lab theirLab = Lab.start(Lab.Scheme.HTTP)) {
      ourLab.tailjar("na").join();
      Pair ours = new Pair("tailjar", ourLab, ourLab.tailjar("nb").join().ip4());
      TailscaledNode theirs = theirLab.tailscaled("na");
      Pair incumbent =
          new Pair("tailscaled " + theirs.version(), theirLab, theirLab.tailscaled("nb").ip4());
      List<Pair> pairs = List.of(ours, incumbent);
      for (Pair pair : pairs) {
        System.err.println("warming up " + pair.name());
        pair.lab().pings("na", pair.target(), 30);
        measure(pair, LOADS.getFirst());
      }
      Map<String, Map<String, List<Sample>>> samples = new TreeMap<>();
      for (int round = 1; round <= rounds; round++) {
        for (Load load : LOADS) {
          for (Pair pair : pairs) {
            Sample sample = measure(pair, load);
            System.err.printf(
                Locale.ROOT,
                "round %d of %d: %s, %s: %.2f Gbit/s, %.2f CPU s/GB%n",
                round,
                rounds,
                load.name(),
                pair.name(),
                sample.gigabits(),
                sample.cpuSecondsPerGigabyte());
            samples
                .computeIfAbsent(load.name(), name -> new TreeMap<>())
                .computeIfAbsent(pair.name(), name -> new ArrayList<>())
                .add(sample);
          }
        }
      }
      print(rounds, pairs, samples);
    }
  }

  private static Sample measure(Pair pair, Load load) {
    Lab lab = pair.lab();
    Process server = lab.spawn("nb", lab.file("iperf3.log"), Map.of(), "iperf3", "-s", "-1");
    try {
      if (!Shell.eventually(LIMIT, () -> lab.run("nb", "ss", "-Htln").output().contains(":5201"))) {
        throw new IllegalStateException("iperf3 does not listen");
      }
      List<String> client =
          lab.inside("na", "iperf3", "-J", "-c", pair.target(), "-t", Integer.toString(SECONDS));
      client.addAll(load.options());
      double before = cpuSeconds(lab);
      String report = Shell.run(LIMIT, client).succeeded().output();
      double used = cpuSeconds(lab) - before;
      return new Sample(
          received(report, "bits_per_second") / 1e9, used / (received(report, "bytes") / 1e9));
    } finally {
      server.descendants().forEach(ProcessHandle::destroyForcibly);
      server.destroyForcibly();
    }
  }

  /** A number of iperf3's summary of what the receiver got. */
  private static double received(String report, String field) {
    Matcher matcher =
        Pattern.compile("\"" + field + "\":\\s*([0-9.e+]+)")
            .matcher(report.substring(report.indexOf("\"sum_received\"")));
    if (!matcher.find()) {
      throw new IllegalStateException("iperf3 reports no " + field + ": " + report);
    }
    return Double.parseDouble(matcher.group(1));
  }

  /** The process IDs of the nodes, leaving out the load's own programs. */
  private static Stream<Path> nodes(Lab lab) {
    return Stream.of("na", "nb")
        .flatMap(host -> Shell.run("ip", "netns", "pids", lab.namespace(host)).output().lines())
        .map(pid -> Path.of("/proc", pid))
        .filter(
            process ->
                List.of("java", "tailscaled").contains(read(process.resolve("comm")).strip()));
  }

  private static double cpuSeconds(Lab lab) {
    return nodes(lab)
        .map(process -> read(process.resolve("stat")).replaceFirst(".*\\) ", "").split(" "))
        .mapToDouble(
            stat -> (Long.parseLong(stat[11]) + Long.parseLong(stat[12])) / TICKS_PER_SECOND)
        .sum();
  }

  private static long peakMegabytes(Lab lab) {
    return nodes(lab)
        .map(process -> read(process.resolve("status")))
        .flatMap(String::lines)
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.split("\\s+")[1]) / 1024)
        .max()
        .orElse(0);
  }

  private static void print(
      int rounds, List<Pair> pairs, Map<String, Map<String, List<Sample>>> samples) {
    System.out.printf(
        "Median of %d rounds of %d s (least - most), both ends on this machine's %d cores;"
            + " headscale's tailnet, direct path.%n%n",
        rounds, SECONDS, Runtime.getRuntime().availableProcessors());
    System.out.printf(
        "| | %s | %s | ratio |%n|---|---|---|---|%n", pairs.get(0).name(), pairs.get(1).name());
    for (Load load : LOADS) {
      double[][] gigabits = new double[2][];
      double[][] cpu = new double[2][];
      for (int i = 0; i < 2; i++) {
        List<Sample> of = samples.get(load.name()).get(pairs.get(i).name());
        gigabits[i] = of.stream().mapToDouble(Sample::gigabits).sorted().toArray();
        cpu[i] = of.stream().mapToDouble(Sample::cpuSecondsPerGigabyte).sorted().toArray();
      }
      row(load.name() + ", Gbit/s", gigabits[0], gigabits[1]);
      row(load.name() + ", CPU s/GB of both nodes", cpu[0], cpu[1]);
    }
    System.out.printf(
        "| peak resident memory of a node, MB | %d | %d | |%n",
        peakMegabytes(pairs.get(0).lab()), peakMegabytes(pairs.get(1).lab()));
  }

  private static void row(String name, double[] ours, double[] theirs) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %s | %.2f |%n",
        name,
        spread(ours),
        spread(theirs),
        median(ours) / median(theirs));
  }

  private static String spread(double[] sorted) {
    return String.format(
        Locale.ROOT, "%.2f (%.2f - %.2f)", median(sorted), sorted[0], sorted[sorted.length - 1]);
  }

  private static double median(double[] sorted) {
    double[] values = sorted.clone();
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
