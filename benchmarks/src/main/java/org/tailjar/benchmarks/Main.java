package org.tailjar.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs the suite, or what of it JMH's own arguments choose, and writes a table: time and bytes
 * allocated for each operation. {@code -Dtailjar.table=FILE} names the file.
 */
public final class Main {

  private Main() {}

  /** Takes JMH's arguments. */
  public static void main(String[] arguments) throws RunnerException, IOException {
    CommandLineOptions options;
    try {
      options = new CommandLineOptions(arguments);
    } catch (CommandLineOptionException e) {
      System.err.println(e.getMessage());
      System.exit(64);
      return;
    }
    if (options.shouldHelp()) {
      options.showHelp();
      return;
    }
    if (options.shouldList() || options.shouldListWithParams()) {
      new Runner(options).list();
      return;
    }
    Collection<RunResult> results =
        new Runner(new OptionsBuilder().parent(options).addProfiler(GCProfiler.class).build())
            .run();
    String table = table(results);
    System.out.println();
    System.out.print(table);
    String file = System.getProperty("tailjar.table");
    if (file != null) {
      Path path = Path.of(file);
      Files.createDirectories(path.toAbsolutePath().getParent());
      Files.writeString(path, table);
      System.out.println("\nwritten to " + path);
    }
  }

  /** A Markdown table, a line for each benchmark and choice of parameters. */
  static String table(Collection<RunResult> results) {
    List<String> lines = new ArrayList<>();
    lines.add("| operation | with | time | ± | allocated |");
    lines.add("|---|---|---:|---:|---:|");
    for (RunResult run : results) {
      BenchmarkParams benchmark = run.getParams();
      Result<?> time = run.getPrimaryResult();
      Result<?> allocated = run.getSecondaryResults().get("gc.alloc.rate.norm");
      lines.add(
          "| %s | %s | %s | %s | %s |"
              .formatted(
                  name(benchmark.getBenchmark()),
                  benchmark.getParamsKeys().stream()
                      .map(key -> key + " " + benchmark.getParam(key))
                      .collect(Collectors.joining(", ")),
                  duration(time.getScore()),
                  duration(time.getScoreError()),
                  allocated == null ? "-" : bytes(allocated.getScore())));
    }
    return String.join("\n", lines) + "\n";
  }

  /** "AeadBenchmark.seal" becomes "Aead: seal". */
  private static String name(String benchmark) {
    String[] parts = benchmark.split("\\.");
    return parts[parts.length - 2].replace("Benchmark", "") + ": " + parts[parts.length - 1];
  }

  private static String duration(double nanos) {
    if (Double.isNaN(nanos)) {
      return "-";
    }
    if (nanos < 1_000) {
      return String.format(Locale.ROOT, "%.1f ns", nanos);
    }
    return nanos < 1_000_000
        ? String.format(Locale.ROOT, "%.2f µs", nanos / 1_000)
        : String.format(Locale.ROOT, "%.2f ms", nanos / 1_000_000);
  }

  /** Below half a byte it is the harness's own garbage, spread over the operations. */
  private static String bytes(double bytes) {
    return bytes < 0.5 ? "0 B" : String.format(Locale.ROOT, "%,.0f B", bytes);
  }
}
