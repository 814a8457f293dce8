package org.tailjar.systemtests.profile;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Counts samples by group and by what they were of, and prints them as tables in Markdown. */
final class Shares {

  /** Rarer things are not worth a line. */
  private static final double LEAST = 0.01;

  private final Map<String, Map<String, Long>> counts = new LinkedHashMap<>();

  void add(String group, String of, long samples) {
    counts.computeIfAbsent(group, name -> new HashMap<>()).merge(of, samples, Long::sum);
  }

  /** All samples. */
  long total() {
    return counts.keySet().stream().mapToLong(this::total).sum();
  }

  private long total(String group) {
    return counts.get(group).values().stream().mapToLong(Long::longValue).sum();
  }

  /** A table: share of the whole, and of the group, for each of the busiest groups. */
  String table(String groupTitle, String ofTitle, int lines) {
    StringBuilder text =
        new StringBuilder(
            "| %s | %s | samples | of all |%n|---|---|---:|---:|%n".formatted(groupTitle, ofTitle));
    List<String> groups =
        counts.keySet().stream()
            .sorted(Comparator.<String>comparingLong(this::total).reversed())
            .toList();
    for (String group : groups) {
      if (total(group) < LEAST * total()) {
        continue;
      }
      text.append(row("**" + group + "**", "", total(group)));
      text.append(
          counts.get(group).entrySet().stream()
              .filter(entry -> entry.getValue() >= LEAST * total())
              .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
              .limit(lines)
              .map(entry -> row("", "`" + entry.getKey() + "`", entry.getValue()))
              .collect(Collectors.joining()));
    }
    return text.toString();
  }

  private String row(String group, String of, long samples) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %,d | %.1f %% |%n",
        group,
        of,
        samples,
        100.0 * samples / total());
  }
}
