package org.tailjar.systemtests.throughput;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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
    text.append(
        String.format(
            Locale.ROOT,
            "Median of %d rounds of %d s (least - most), both ends on this machine's %d cores"
                + " (%s).%n",
            run.rounds(),
            run.time().toSeconds(),
            Runtime.getRuntime().availableProcessors(),
            run.machine()));
    text.append(
        "Every tunnel has an MTU of 1,280 bytes. Ratios are of the first column, round by"
            + " round.\n");
    run.missing().forEach(line -> text.append("Missing: ").append(line).append("\n"));
    run.failures().forEach(line -> text.append("Failed: ").append(line).append("\n"));
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
    List<Peer> others = peers.subList(1, peers.size());
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

  private static String cell(
      Optional<Spread> spread, java.util.function.DoubleFunction<String> format) {
    return spread
        .map(
            s ->
                format.apply(s.median())
                    + " ("
                    + format.apply(s.least())
                    + " - "
                    + format.apply(s.most())
                    + ")")
        .orElse("");
  }

  private void row(Stream<String> cells) {
    text.append("|");
    cells.forEach(cell -> text.append(" ").append(cell).append(" |"));
    text.append("\n");
  }
}
