package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;

/** One run of iperf3 through a tunnel. */
final class Iperf {

  /** Beyond the time of the load: to connect, and to exchange results through what was flooded. */
  private static final Duration GRACE = Duration.ofSeconds(20);

  /**
   * What the receiver got.
   *
   * @param bytes payload received
   * @param seconds how long it took
   * @param sentBytes payload sent
   */
  record Report(double bytes, double seconds, double sentBytes) {
    double gigabitsPerSecond() {
      return bytes * 8 / seconds / 1e9;
    }
  }

  private Iperf() {}

  /** Runs it; throws if it does not end in time or fails. */
  static Report run(Tunnel tunnel, Duration time, List<String> options) {
    Lab lab = tunnel.lab();
    Process server =
        lab.spawn(Tunnel.RECEIVER, lab.file("iperf3.log"), Map.of(), "iperf3", "-s", "-1");
    try {
      if (!Shell.eventually(
          Duration.ofSeconds(10),
          () -> lab.run(Tunnel.RECEIVER, "ss", "-Htln").output().contains(":5201"))) {
        throw new IllegalStateException("iperf3 does not listen");
      }
      List<String> line =
          lab.inside(
              Tunnel.SENDER,
              "iperf3",
              "-J",
              "-c",
              tunnel.target(),
              "--connect-timeout",
              "5000",
              "-t",
              Long.toString(time.toSeconds()));
      line.addAll(options);
      Shell.Result result = Shell.run(time.plus(GRACE), line);
      if (result.status() != 0) {
        throw new IllegalStateException("iperf3: " + result.output());
      }
      return new Report(
          sum(result.output(), "sum_received", "bytes"),
          sum(result.output(), "sum_received", "seconds"),
          sum(result.output(), "sum_sent", "bytes"));
    } finally {
      server.destroyForcibly();
      Lab.await(server);
    }
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
