package org.tailjar.systemtests.throughput;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tailjar.systemtests.Shell;

/**
 * What is compared, and how.
 *
 * @param warmUp length of the loads of which nothing is reported
 * @param time length of each load
 * @param peers in the order of the columns; the first is what the others are compared with
 * @param missing a line for each peer that was wanted and is not there
 * @param failures a line for each measurement that failed, added as they do
 */
record Run(
    Instant began,
    int rounds,
    Duration warmUp,
    Duration time,
    List<Peer> peers,
    List<Load> loads,
    List<String> missing,
    List<String> failures) {

  Run(
      int rounds,
      Duration warmUp,
      Duration time,
      List<Peer> peers,
      List<Load> loads,
      List<String> missing) {
    this(Instant.now(), rounds, warmUp, time, peers, loads, missing, new ArrayList<>());
  }

  /** Where and how it was measured, in one sentence. */
  String setting() {
    return String.format(
        Locale.ROOT,
        "Median of %d round%s of %d s (least - most), both ends on the same %s",
        rounds,
        rounds == 1 ? "" : "s",
        time.toSeconds(),
        machine());
  }

  /** What the tailnets of this run are served by. */
  String server() {
    return Shell.find("headscale").isPresent()
        ? Shell.run("headscale", "version").output().lines().findFirst().orElse("headscale")
        : "the testkit's, for want of a headscale on PATH";
  }

  /** Processors and kernel. */
  String machine() {
    String cpu;
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      cpu =
          lines
              .filter(line -> line.startsWith("model name"))
              .map(line -> line.replaceFirst(".*: ", ""))
              .findFirst()
              .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return String.format(
        Locale.ROOT,
        "%d cores (%s, Linux %s)",
        Runtime.getRuntime().availableProcessors(),
        cpu,
        System.getProperty("os.version").replaceFirst("-.*", ""));
  }
}
