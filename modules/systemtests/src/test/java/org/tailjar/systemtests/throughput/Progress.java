package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Says on standard error what was measured, and how long the rest will take. */
final class Progress {

  private final Run run;
  private final int total;
  private final long began = System.nanoTime();
  private int done;

  Progress(Run run) {
    this.run = run;
    total = run.rounds() * run.loads().size() * run.peers().size();
  }

  void measured(int round, Load load, Peer peer, Map<Metric, Double> sample) {
    done++;
    Duration left = Duration.ofNanos((System.nanoTime() - began) / done * (total - done));
    System.err.printf(
        Locale.ROOT,
        "%d of %d, %d:%02d left; round %d of %d, %s, %s: %s%n",
        done,
        total,
        left.toMinutes(),
        left.toSecondsPart(),
        round,
        run.rounds(),
        load.title(),
        peer.name(),
        sample.entrySet().stream()
            .map(entry -> entry.getKey().format(entry.getValue()) + " " + entry.getKey().title())
            .limit(2)
            .collect(Collectors.joining(", ")));
  }
}
