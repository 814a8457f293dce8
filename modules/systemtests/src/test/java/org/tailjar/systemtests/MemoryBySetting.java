package org.tailjar.systemtests;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tailjar.systemtests.throughput.Load;
import org.tailjar.systemtests.throughput.Metric;
import org.tailjar.systemtests.throughput.Peer;
import org.tailjar.systemtests.throughput.Spread;
import org.tailjar.systemtests.throughput.TailjarPeer;
import org.tailjar.systemtests.throughput.Tunnel;

/**
 * What nodes of several settings of the JVM have in memory, at rest and under load, and what they
 * carry with it: all are up at once and take turns.
 */
final class MemoryBySetting implements AutoCloseable {

  private record Candidate(
      Peer peer, Tunnel tunnel, List<ResidentMemory> loaded, List<Map<Metric, Double>> samples) {

    List<Long> processes() {
      return tunnel.ends().stream().map(Tunnel.End::process).toList();
    }
  }

  private final List<Candidate> candidates = new ArrayList<>();

  private MemoryBySetting(List<? extends Peer> peers) {
    try {
      for (Peer peer : peers) {
        System.err.println("starting " + peer.title());
        Tunnel tunnel = peer.open(1, Lab.Scheme.HTTP);
        candidates.add(new Candidate(peer, tunnel, new ArrayList<>(), new ArrayList<>()));
        tunnel.awaitDirect();
      }
    } catch (RuntimeException | AssertionError e) {
      close();
      throw e;
    }
  }

  /**
   * Measures, and makes a table.
   *
   * @param rest how long nothing goes on before the nodes are at rest
   * @param time of each load
   */
  static String table(List<? extends Peer> peers, int rounds, Duration rest, Duration time) {
    try (MemoryBySetting measurement = new MemoryBySetting(peers)) {
      Footprint.pause(rest);
      List<ResidentMemory> atRest =
          measurement.candidates.stream()
              .map(candidate -> ResidentMemory.most(candidate.processes()))
              .toList();
      measurement.load(rounds, time);
      StringBuilder text = new StringBuilder();
      text.append(
          "| nodes | options | at rest, MB | of it anonymous | under TCP, MB | of it anonymous |"
              + " Gbit/s | CPU s/GB |\n|---|---|---:|---:|---:|---:|---:|---:|\n");
      for (int i = 0; i < atRest.size(); i++) {
        text.append(row(measurement.candidates.get(i), atRest.get(i)));
      }
      return text.toString();
    }
  }

  private void load(int rounds, Duration time) {
    // One more, of which nothing is reported: code is compiled and buffers are made meanwhile.
    for (int round = 0; round <= rounds; round++) {
      for (Candidate candidate : candidates) {
        System.err.printf(
            "load of %s, %s%n",
            candidate.peer().name(), round == 0 ? "warming up" : round + " of " + rounds);
        List<Map<Metric, Double>> samples = new ArrayList<>();
        ResidentMemory most =
            ResidentMemory.mostDuring(
                candidate.processes(), () -> samples.add(Load.TCP1.on(candidate.tunnel(), time)));
        if (round > 0) {
          candidate.loaded().add(most);
          candidate.samples().addAll(samples);
        }
      }
    }
  }

  private static String row(Candidate candidate, ResidentMemory atRest) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %.0f | %.0f | %s | %s | %s | %s |%n",
        candidate.peer().title(),
        candidate.peer() instanceof TailjarPeer ours ? String.join(" ", ours.options()) : "",
        atRest.all(),
        atRest.anonymous(),
        median("%.0f", candidate.loaded().stream().map(ResidentMemory::all).toList()),
        median("%.0f", candidate.loaded().stream().map(ResidentMemory::anonymous).toList()),
        median("%.2f", candidate.samples().stream().map(s -> s.get(Metric.RATE)).toList()),
        median("%.2f", candidate.samples().stream().map(s -> s.get(Metric.CPU)).toList()));
  }

  private static String median(String format, List<Double> values) {
    return String.format(Locale.ROOT, format, Spread.of(values).median());
  }

  @Override
  public void close() {
    candidates.forEach(candidate -> candidate.tunnel().close());
  }
}
