package org.tailjar.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Measures, side by side in one run, what our node and the incumbent cost at rest and how long each
 * takes from a warm start to the first answered packet. Prints a table in Markdown. Started by
 * {@code scripts/bench footprint}.
 */
final class Footprint {

  private static final int ROUNDS = 5;
  private static final Duration REST = Duration.ofSeconds(30);

  private Footprint() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    try (Lab lab = Lab.start(Lab.Scheme.HTTP)) {
      TailjarNode ours = lab.tailjar("na").join();
      TailjarNode peer = lab.tailjar("nb").join();
      TailscaledNode theirs = lab.tailscaled("nc");
      String target = peer.ip4();

      List<Double> oursStarts = new ArrayList<>();
      List<Double> theirStarts = new ArrayList<>();
      for (int round = 1; round <= ROUNDS; round++) {
        System.err.printf("warm start %d of %d%n", round, ROUNDS);
        ours.terminate(Duration.ofSeconds(5));
        oursStarts.add(secondsToFirstAnswer(lab, "na", target, ours::start));
        theirs.close();
        theirStarts.add(secondsToFirstAnswer(lab, "nc", target, theirs::start));
      }
      System.err.printf("at rest for %d s%n", REST.toSeconds());
      Thread.sleep(REST);
      System.out.printf(
          Locale.ROOT,
          """
          | | tailjar | tailscaled %s |
          |---|---|---|
          | warm start to first answered ping, s, median of %d (least - most) | %s | %s |
          | resident memory at rest, MB | %d | %d |
          | size on disk, MB | %d | %d |
          %n\
          """,
          theirs.version(),
          ROUNDS,
          spread(oursStarts),
          spread(theirStarts),
          residentMegabytes(lab, "na"),
          residentMegabytes(lab, "nc"),
          megabytes(Path.of(System.getProperty("tailjar.dist"))),
          megabytes(Shell.find("tailscaled").orElseThrow())
              + megabytes(Shell.find("tailscale").orElseThrow()));
      System.out.println(
          "headscale " + lab.headscale("version").output().lines().findFirst().orElse("?"));
    }
  }

  private static double secondsToFirstAnswer(Lab lab, String host, String target, Runnable start) {
    long began = System.nanoTime();
    start.run();
    boolean answered =
        Shell.eventually(
            Duration.ofSeconds(60),
            () -> lab.run(host, "ping", "-n", "-c", "1", "-W", "0.2", target).status() == 0);
    if (!answered) {
      throw new IllegalStateException(host + " answers no ping within a minute of its start");
    }
    return (System.nanoTime() - began) / 1e9;
  }

  private static String spread(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return String.format(
        Locale.ROOT,
        "%.2f (%.2f - %.2f)",
        sorted[sorted.length / 2],
        sorted[0],
        sorted[sorted.length - 1]);
  }

  /** Resident memory of all processes of a host, in MB of 2^20 bytes. */
  private static long residentMegabytes(Lab lab, String host) throws IOException {
    long kilobytes = 0;
    for (String pid :
        Shell.run("ip", "netns", "pids", lab.namespace(host)).output().lines().toList()) {
      kilobytes +=
          Files.readAllLines(Path.of("/proc", pid, "status")).stream()
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToLong(line -> Long.parseLong(Arrays.asList(line.split("\\s+")).get(1)))
              .sum();
    }
    return kilobytes / 1024;
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
}
