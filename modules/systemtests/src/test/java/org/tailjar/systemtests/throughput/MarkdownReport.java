package org.tailjar.systemtests.throughput;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.stream.Stream;

/** The results as tables: one for each metric, a row for each load, a column for each peer. */
final class MarkdownReport {

  private final Run run;
  private final Results results;
  private final StringBuilder text = new StringBuilder();

  private MarkdownReport(Run run, Results results) {
    this.run = run;
    this.results = results;
  }

  static String of(Run run, Results results) {
    MarkdownReport report = new MarkdownReport(run, results);
    report.head();
    for (Metric metric : Metric.values()) {
      report.table(metric);
    }
    return report.text.toString();
  }

  private void head() {
    text.append(run.setting()).append(".\n");
    text.append(
        "Every tunnel has an MTU of 1,280 bytes. Ratios are of the first column's figure to the"
            + " other's, round by round.\n\n");
    text.append("Control server of the tailnets: ").append(run.server()).append("\n");
    run.missing().forEach(line -> text.append("\nMissing: ").append(line).append("\n"));
    run.failures().forEach(line -> text.append("\nFailed: ").append(line).append("\n"));
  }

  private void table(Metric metric) {
    List<Load> loads =
        run.loads().stream()
            .filter(
                load ->
                    run.peers().stream()
                        .anyMatch(peer -> results.spread(load, peer, metric).isPresent()))
            .toList();
    if (loads.isEmpty()) {
      return;
    }
    List<Peer> peers =
        run.peers().stream()
            .filter(
                peer ->
                    loads.stream().anyMatch(load -> results.spread(load, peer, metric).isPresent()))
            .toList();
    List<Peer> others =
        metric.hasRatio()
            ? peers.stream().skip(1).filter(peer -> !(peer instanceof NoTunnel)).toList()
            : List.of();
    text.append("\n");
    row(
        Stream.concat(
            Stream.concat(Stream.of(metric.title()), peers.stream().map(Peer::title)),
            others.stream().map(other -> peers.getFirst().name() + " / " + other.name())));
    text.append("|---").repeat("|---:", peers.size() + others.size()).append("|\n");
    for (Load load : loads) {
      List<String> cells = new ArrayList<>(List.of(load.title()));
      peers.forEach(peer -> cells.add(cell(results.spread(load, peer, metric), metric::format)));
      others.forEach(
          other ->
              cells.add(
                  cell(
                      results.ratio(load, peers.getFirst(), other, metric),
                      ratio -> String.format(Locale.ROOT, "%.2f", ratio))));
      row(cells.stream());
    }
  }

  private static String cell(Optional<Spread> spread, DoubleFunction<String> format) {
    return spread
        .map(
            s ->
                s.least() == s.most()
                    ? format.apply(s.median())
                    : "%s (%s - %s)"
                        .formatted(
                            format.apply(s.median()),
                            format.apply(s.least()),
                            format.apply(s.most())))
        .orElse("");
  }

  private void row(Stream<String> cells) {
    text.append("|");
    cells.forEach(cell -> text.append(" ").append(cell).append(" |"));
    text.append("\n");
  }
}
