package org.tailjar.magicsock;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.tailjar.derp.DerpMap;
import org.tailjar.derp.DerpRegion;

/**
 * Which DERP region is home: the fastest of the last five minutes, but not for a small gain, since
 * every change makes all peers learn a new address. Owned by the first RX thread; times as in
 * {@link Times}.
 */
final class HomeChoice {

  private static final long MEMORY = Duration.ofMinutes(5).toNanos();
  private static final long SMALL_GAIN = Duration.ofMillis(10).toNanos();

  private record Measurement(long at, Map<Integer, Duration> latencies) {}

  private final ArrayDeque<Measurement> measurements = new ArrayDeque<>();
  private int home;

  int home() {
    return home;
  }

  /** Whether a region may be home. */
  private static boolean eligible(DerpRegion region) {
    return !region.noMeasureNoHome() && region.nodes().stream().anyMatch(node -> !node.stunOnly());
  }

  /**
   * Takes a measurement, which may be empty, and chooses.
   *
   * @return the home region, 0 when the map has none
   */
  int choose(DerpMap map, Map<Integer, Duration> latencies, long now) {
    if (!latencies.isEmpty()) {
      measurements.add(new Measurement(now, latencies));
    }
    for (Iterator<Measurement> old = measurements.iterator(); old.hasNext(); ) {
      if (now - old.next().at() > MEMORY) {
        old.remove();
      }
    }
    DerpRegion current = map.region(home);
    boolean keepable = current != null && eligible(current);
    Map<Integer, Double> scores = scores(map);
    Optional<Map.Entry<Integer, Double>> fastest =
        scores.entrySet().stream().min(Map.Entry.comparingByValue());
    if (fastest.isEmpty()) {
      // Nothing can be measured: any relay is better than none, and always the same one.
      if (!keepable) {
        home = fallback(map).orElse(0);
      }
    } else if (!keepable || isWorthIt(fastest.get().getValue(), scores.get(home))) {
      home = fastest.get().getKey();
    }
    return home;
  }

  private static boolean isWorthIt(double fastest, @Nullable Double current) {
    return current == null || (current - fastest >= SMALL_GAIN && fastest <= current * 2 / 3);
  }

  private Map<Integer, Double> scores(DerpMap map) {
    Map<Integer, Double> best = new HashMap<>();
    for (Measurement measurement : measurements) {
      measurement
          .latencies()
          .forEach(
              (id, latency) -> {
                DerpRegion region = map.region(id);
                if (region != null && eligible(region) && !region.avoid()) {
                  double factor = map.scores().getOrDefault(id, 1.0);
                  best.merge(id, latency.toNanos() * factor, Math::min);
                }
              });
    }
    return best;
  }

  private static OptionalInt fallback(DerpMap map) {
    return map.regions().values().stream()
        .filter(HomeChoice::eligible)
        .sorted(Comparator.comparing(DerpRegion::avoid).thenComparingInt(DerpRegion::id))
        .mapToInt(DerpRegion::id)
        .findFirst();
  }
}
