package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What a tunnel is made to carry. */
enum Load {
  TCP1("tcp1", "TCP, 1 flow"),
  TCP4("tcp4", "TCP, 4 flows", "-P", "4"),
  TCP1_REVERSED("tcp1r", "TCP, 1 flow, reversed", "-R"),
  TCP4_REVERSED("tcp4r", "TCP, 4 flows, reversed", "-P", "4", "-R");

  private final String id;
  private final String title;
  private final List<String> options;

  Load(String id, String title, String... options) {
    this.id = id;
    this.title = title;
    this.options = List.of(options);
  }

  /** What it is called in options and in JSON. */
  String id() {
    return id;
  }

  String title() {
    return title;
  }

  /** Puts it on a tunnel for a time. */
  Map<Metric, Double> on(Tunnel tunnel, Duration time) {
    boolean reversed = options.contains("-R");
    String sender = reversed ? Tunnel.RECEIVER : Tunnel.SENDER;
    String receiver = reversed ? Tunnel.SENDER : Tunnel.RECEIVER;
    List<Long> nodes = tunnel.processes();
    nodes.forEach(ProcessFigures::forgetPeak);
    Map<Metric, Tunnel.Calls> sent = tunnel.calls(sender);
    Map<Metric, Tunnel.Calls> received = tunnel.calls(receiver);
    double cpu = ProcessFigures.cpuSeconds(nodes);
    Map<Metric, Double> sample = new EnumMap<>(Metric.class);

    Iperf.Report report = Iperf.run(tunnel, time, options);

    double used = ProcessFigures.cpuSeconds(nodes) - cpu;
    sample.put(Metric.RATE, report.gigabitsPerSecond());
    if (!nodes.isEmpty()) {
      sample.put(Metric.CPU, used / (report.bytes() / 1e9));
      List<Long> ends = reversed ? nodes.reversed() : nodes;
      sample.put(Metric.PEAK_SENDER, ProcessFigures.peakMegabytes(ends.getFirst()));
      sample.put(Metric.PEAK_RECEIVER, ProcessFigures.peakMegabytes(ends.getLast()));
    }
    mean(sample, sent, tunnel.calls(sender), Metric.TUN_READ, Metric.UDP_SEND);
    mean(sample, received, tunnel.calls(receiver), Metric.UDP_RECEIVE, Metric.TUN_WRITE);
    return sample;
  }

  private static void mean(
      Map<Metric, Double> sample,
      Map<Metric, Tunnel.Calls> before,
      Map<Metric, Tunnel.Calls> after,
      Metric... metrics) {
    for (Metric metric : metrics) {
      Tunnel.Calls first = before.get(metric);
      Tunnel.Calls last = after.get(metric);
      if (first != null && last != null && last.calls() > first.calls()) {
        sample.put(
            metric, (double) (last.packets() - first.packets()) / (last.calls() - first.calls()));
      }
    }
  }
}
