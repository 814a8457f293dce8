package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What a tunnel is made to carry. */
public enum Load {
  TCP1("tcp1", "TCP, 1 flow", Kind.TCP, false),
  TCP4("tcp4", "TCP, 4 flows", Kind.TCP, false, "-P", "4"),
  TCP1_REVERSED("tcp1r", "TCP, 1 flow, reversed", Kind.TCP, false, "-R"),
  TCP4_REVERSED("tcp4r", "TCP, 4 flows, reversed", Kind.TCP, false, "-P", "4", "-R"),
  UDP200("udp200", "UDP, 200 bytes, flood", Kind.UDP, false, "-u", "-b", "0", "-l", "200"),
  UDP1200("udp1200", "UDP, 1200 bytes, flood", Kind.UDP, false, "-u", "-b", "0", "-l", "1200"),
  UDP200_PACED(
      "udp200p", "UDP, 200 bytes, 40,000/s", Kind.UDP, false, "-u", "-b", "64M", "-l", "200"),
  PING("ping", "ping under TCP, 1 flow", Kind.PING, false),
  RELAYED("relayed", "TCP, 1 flow, relayed", Kind.TCP, true),
  RELAYED_PING("relayedping", "ping under TCP, 1 flow, relayed", Kind.PING, true);

  private enum Kind {
    TCP,
    UDP,
    PING
  }

  private final String id;
  private final String title;
  private final Kind kind;
  private final boolean relayed;
  private final List<String> options;

  Load(String id, String title, Kind kind, boolean relayed, String... options) {
    this.id = id;
    this.title = title;
    this.kind = kind;
    this.relayed = relayed;
    this.options = List.of(options);
  }

  /** The load that options call so. */
  public static Load of(String id) {
    return Arrays.stream(values())
        .filter(load -> load.id.equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no load " + id));
  }

  /** What it is called in options and in JSON. */
  String id() {
    return id;
  }

  String title() {
    return title;
  }

  /** Whether it goes through the relay, UDP between the nodes being blocked. */
  public boolean relayed() {
    return relayed;
  }

  /** Puts it on a tunnel for a time. */
  public Map<Metric, Double> on(Tunnel tunnel, Duration time) {
    Map<Metric, Double> sample = new EnumMap<>(Metric.class);
    if (kind == Kind.PING) {
      Pings.Report report = Pings.underTcp(tunnel, time);
      sample.put(Metric.PING_P50, report.milliseconds(0.5));
      sample.put(Metric.PING_P99, report.milliseconds(0.99));
      sample.put(Metric.LOSS, 100 * report.lostShare());
      return sample;
    }
    boolean reversed = options.contains("-R");
    String sender = reversed ? Tunnel.RECEIVER : Tunnel.SENDER;
    String receiver = reversed ? Tunnel.SENDER : Tunnel.RECEIVER;
    List<Long> nodes = tunnel.processes();
    nodes.forEach(ProcessFigures::forgetPeak);
    Map<Metric, Tunnel.Calls> sent = tunnel.calls(sender);
    Map<Metric, Tunnel.Calls> received = tunnel.calls(receiver);
    double cpu = ProcessFigures.cpuSeconds(nodes);

    Iperf.Report report = Iperf.run(tunnel, time, options);

    double used = ProcessFigures.cpuSeconds(nodes) - cpu;
    int size = kind == Kind.UDP ? Integer.parseInt(options.getLast()) : 1;
    if (kind == Kind.TCP) {
      sample.put(Metric.RATE, report.gigabitsPerSecond());
    } else {
      sample.put(Metric.PACKET_RATE, report.bytes() / size / report.seconds());
      sample.put(Metric.LOSS, 100 * (1 - report.bytes() / report.sentBytes()));
    }
    if (!nodes.isEmpty()) {
      if (kind == Kind.TCP) {
        sample.put(Metric.CPU, used / (report.bytes() / 1e9));
      } else {
        sample.put(Metric.PACKET_CPU, used * 1e6 / (report.bytes() / size));
      }
      List<Long> ends = reversed ? nodes.reversed() : nodes;
      sample.put(Metric.PEAK_SENDER, ProcessFigures.peakMegabytes(ends.getFirst()));
      sample.put(Metric.PEAK_RECEIVER, ProcessFigures.peakMegabytes(ends.getLast()));
    }
    means(sample, sent, tunnel.calls(sender), Metric.TUN_READ, Metric.UDP_SEND);
    means(sample, received, tunnel.calls(receiver), Metric.UDP_RECEIVE, Metric.TUN_WRITE);
    return sample;
  }

  /** Packets per call, for what a node counts, from the counters before and after. */
  private static void means(
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
