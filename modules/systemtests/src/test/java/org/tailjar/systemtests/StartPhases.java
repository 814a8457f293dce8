package org.tailjar.systemtests;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tailjar.systemtests.throughput.Spread;

/**
 * The phases of several starts of a kind, from the line that a node logs of each at debug level.
 * What comes when differs from start to start: with a map from the last time, packets go before the
 * server has answered.
 */
final class StartPhases {

  private static final Pattern LINE = Pattern.compile("start: (.+): \\d+ ms in all");
  private static final Pattern PHASE = Pattern.compile("([A-Za-z ]+) (\\d+) ms");

  /**
   * One phase, in milliseconds.
   *
   * @param took since the end of the phase before
   * @param end since the start of the process
   */
  private record Phase(double took, double end) {}

  private final Map<String, List<Phase>> phases = new LinkedHashMap<>();

  /** The lines that a log has. */
  static List<String> lines(String log) {
    return log.lines().filter(line -> LINE.matcher(line).find()).toList();
  }

  /** Adds a start. */
  void add(String line) {
    Matcher matcher = LINE.matcher(line);
    if (!matcher.find()) {
      throw new IllegalArgumentException("no line of a start: " + line);
    }
    double end = 0;
    for (String part : matcher.group(1).split(", ")) {
      Matcher phase = PHASE.matcher(part);
      if (!phase.matches()) {
        throw new IllegalArgumentException("no phase of a start: " + part);
      }
      double took = Double.parseDouble(phase.group(2));
      end += took;
      phases.computeIfAbsent(phase.group(1), name -> new ArrayList<>()).add(new Phase(took, end));
    }
  }

  /** The names of the phases, the one that ends first ahead. */
  List<String> names() {
    return phases.keySet().stream().sorted(Comparator.comparing(this::medianEnd)).toList();
  }

  /** The median of how long a phase took, and of when it ended; nothing if no start had it. */
  Optional<String> medians(String name) {
    List<Phase> all = phases.get(name);
    return all == null
        ? Optional.empty()
        : Optional.of(
            "%.0f, at %.0f"
                .formatted(
                    Spread.of(all.stream().map(Phase::took).toList()).median(), medianEnd(name)));
  }

  private double medianEnd(String name) {
    return Spread.of(phases.getOrDefault(name, List.of()).stream().map(Phase::end).toList())
        .median();
  }
}
