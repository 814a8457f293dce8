package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;

/** Runs of iperf3 through a tunnel, from its sender to one host or to several at once. */
final class Iperf {

  /** A host that receives, and its address in the tunnel. */
  record Target(String host, String address) {}

  /**
   * What the receivers got.
   *
   * @param bytes payload received
   * @param seconds how long it took
   * @param sentBytes payload sent
   */
  record Report(double bytes, double seconds, double sentBytes) {
    double gigabitsPerSecond() {
      return bytes * 8 / seconds / 1e9;
    }

    /** Both of the same time, which is that of the longer one. */
    Report plus(Report other) {
      return new Report(
          bytes + other.bytes, Math.max(seconds, other.seconds), sentBytes + other.sentBytes);
    }
  }

  private Iperf() {}

  /** Runs it to all targets at once; throws if one does not end in time or fails. */
  static Report run(Lab lab, List<Target> targets, Duration time, List<String> options) {
    List<Process> servers = new ArrayList<>();
    try {
      for (Target target : targets) {
        Process server =
            lab.spawn(target.host(), lab.file("iperf3.log"), Map.of(), "iperf3", "-s", "-1");
        servers.add(server);
      }
      for (Target target : targets) {
        awaitServer(lab, target.host());
      }
      List<Callable<Report>> flows =
          targets.stream()
              .map(target -> (Callable<Report>) () -> flow(lab, target, time, options))
              .toList();
      return together(flows).stream().reduce(Report::plus).orElseThrow();
    } finally {
      servers.forEach(Process::destroyForcibly);
      servers.forEach(Shell::await);
    }
  }

  private static void awaitServer(Lab lab, String host) {
    if (!Shell.eventually(() -> lab.run(host, "ss", "-Htln").output().contains(":5201 "))) {
      throw new IllegalStateException("iperf3 does not listen");
    }
  }

  private static List<Report> together(List<Callable<Report>> flows) {
    List<Report> reports = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Report> done : threads.invokeAll(flows)) {
        reports.add(done.get());
      }
      return reports;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
    }
  }

  private static Report flow(Lab lab, Target target, Duration time, List<String> options) {
    List<String> line =
        lab.inside(
            Tunnel.SENDER,
            "iperf3",
            "-J",
            "-c",
            target.address(),
            "--connect-timeout",
            "30000",
            "-t",
            Long.toString(time.toSeconds()));
    line.addAll(options);
    // It connects, and exchanges results through what was flooded.
    Shell.Result result = Shell.run(time.plus(Shell.PATIENCE), line);
    if (result.status() != 0) {
      throw new IllegalStateException("iperf3: " + result.output());
    }
    return new Report(
        sum(result.output(), "sum_received", "bytes"),
        sum(result.output(), "sum_received", "seconds"),
        sum(result.output(), "sum_sent", "bytes"));
  }

  private static double sum(String report, String of, String field) {
    int start = report.lastIndexOf("\"" + of + "\"");
    Matcher matcher =
        Pattern.compile("\"" + field + "\":\\s*([0-9.e+]+)")
            .matcher(report.substring(Math.max(0, start)));
    if (start < 0 || !matcher.find()) {
      throw new IllegalStateException("iperf3 reports no " + of + "." + field + ": " + report);
    }
    return Double.parseDouble(matcher.group(1));
  }
}
