package org.tailjar.systemtests.throughput;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What was measured: for each load and peer a sample of each round that did not fail. */
final class Results {

  private record Key(Load load, String peer) {}

  private final Map<Key, Map<Integer, Map<Metric, Double>>> samples = new LinkedHashMap<>();

  void add(int round, Load load, Peer peer, Map<Metric, Double> sample) {
    samples
        .computeIfAbsent(new Key(load, peer.name()), key -> new LinkedHashMap<>())
        .put(round, sample);
  }

  boolean isEmpty() {
    return samples.isEmpty();
  }

  List<Double> values(Load load, Peer peer, Metric metric) {
    return of(load, peer).values().stream()
        .filter(sample -> sample.containsKey(metric))
        .map(sample -> sample.get(metric))
        .toList();
  }

  Optional<Spread> spread(Load load, Peer peer, Metric metric) {
    List<Double> values = values(load, peer, metric);
    return values.isEmpty() ? Optional.empty() : Optional.of(Spread.of(values));
  }

  /**
   * How many times the figure of one peer is another's, round by round: the speed of a machine
   * drifts, and both of a round were measured one soon after the other.
   */
  Optional<Spread> ratio(Load load, Peer of, Peer to, Metric metric) {
    List<Double> ratios = new ArrayList<>();
    Map<Integer, Map<Metric, Double>> divisors = of(load, to);
    of(load, of)
        .forEach(
            (round, sample) -> {
              Double dividend = sample.get(metric);
              Double divisor = divisors.getOrDefault(round, Map.of()).get(metric);
              if (dividend != null && divisor != null && divisor != 0) {
                ratios.add(dividend / divisor);
              }
            });
    return ratios.isEmpty() ? Optional.empty() : Optional.of(Spread.of(ratios));
  }

  private Map<Integer, Map<Metric, Double>> of(Load load, Peer peer) {
    return samples.getOrDefault(new Key(load, peer.name()), Map.of());
  }
}
