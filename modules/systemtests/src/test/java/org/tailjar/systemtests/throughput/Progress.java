package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Says on standard error what was measured, and how long the rest will take. */
final class Progress {

  private final Run run;
  private int total;
  private int done;
  private long began;

  Progress(Run run) {
    this.run = run;
  }

  /** So many measurements are next. */
  void begin(int measurements) {
    total = measurements;
    done = 0;
    began = System.nanoTime();
  }

  void say(String what) {
    System.err.println(what);
  }

  void measured(int round, Load load, Peer peer, Map<Metric, Double> sample) {
    step(
        "round %d of %d, %s, %s: %s"
            .formatted(
                round,
                run.rounds(),
                load.title(),
                peer.name(),
                sample.entrySet().stream()
                    .limit(2)
                    .map(entry -> entry.getKey().format(entry.getValue()) + " " + title(entry))
                    .collect(Collectors.joining(", "))));
  }

  void failed(String line) {
    step("failed: " + line);
  }

  private void step(String what) {
    done++;
    Duration left = Duration.ofNanos((System.nanoTime() - began) / done * (total - done));
    System.err.printf(
        Locale.ROOT,
        "%d of %d, %d:%02d left; %s%n",
        done,
        total,
        left.toMinutes(),
        left.toSecondsPart(),
        what);
  }

  private static String title(Map.Entry<Metric, Double> entry) {
    return entry.getKey().title();
  }
}
