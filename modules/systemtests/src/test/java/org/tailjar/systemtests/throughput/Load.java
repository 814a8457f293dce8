package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.tailjar.systemtests.Lab;

/** What a tunnel is made to carry. */
public enum Load {
  TCP1("tcp1", "TCP, 1 flow", Kind.TCP, Way.DIRECT),
  TCP4("tcp4", "TCP, 4 flows", Kind.TCP, Way.DIRECT, "-P", "4"),
  TCP1_REVERSED("tcp1r", "TCP, 1 flow, reversed", Kind.TCP, Way.DIRECT, "-R"),
  TCP4_REVERSED("tcp4r", "TCP, 4 flows, reversed", Kind.TCP, Way.DIRECT, "-P", "4", "-R"),
  TCP1_V6("tcp1v6", "TCP, 1 flow, IPv6", Kind.TCP, Way.IPV6),
  FANOUT("fanout", "TCP, 1 flow to each of 3 peers", Kind.TCP, Way.FANOUT),
  UDP200("udp200", "UDP, 200 bytes, flood", Kind.UDP, Way.DIRECT, "-u", "-b", "0", "-l", "200"),
  UDP200_V6(
      "udp200v6", "UDP, 200 bytes, flood, IPv6", Kind.UDP, Way.IPV6, "-u", "-b", "0", "-l", "200"),
  UDP1200("udp1200", "UDP, 1200 bytes, flood", Kind.UDP, Way.DIRECT, "-u", "-b", "0", "-l", "1200"),
  UDP200_PACED(
      "udp200p", "UDP, 200 bytes, 40,000/s", Kind.UDP, Way.DIRECT, "-u", "-b", "64M", "-l", "200"),
  PING("ping", "ping under TCP, 1 flow", Kind.PING, Way.DIRECT),
  RELAYED("relayed", "TCP, 1 flow, relayed", Kind.TCP, Way.RELAYED),
  RELAYED_TLS("relayedtls", "TCP, 1 flow, relayed, TLS", Kind.TCP, Way.RELAYED_TLS),
  RELAYED_PING("relayedping", "ping under TCP, 1 flow, relayed", Kind.PING, Way.RELAYED);

  private enum Kind {
    TCP,
    UDP,
    PING
  }

  /** Which way it goes, and to whom. */
  private enum Way {
    DIRECT,
    /** By the tunnel's own IPv6 addresses; what is around it is IPv4 all the same. */
    IPV6,
    /** From one to all at once. */
    FANOUT,
    RELAYED,
    /** The same with a relay that is spoken to by https, as one on the Internet is. */
    RELAYED_TLS
  }

  private final String id;
  private final String title;
  private final Kind kind;
  private final Way way;
  private final List<String> options;

  Load(String id, String title, Kind kind, Way way, String... options) {
    this.id = id;
    this.title = title;
    this.kind = kind;
    this.way = way;
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
    return way == Way.RELAYED || way == Way.RELAYED_TLS;
  }

  /** How the nodes speak to the control server and its relay. */
  public Lab.Scheme scheme() {
    return way == Way.RELAYED_TLS ? Lab.Scheme.HTTPS : Lab.Scheme.HTTP;
  }

  /** How many nodes of a tunnel it needs besides the sender. */
  public int receivers() {
    return way == Way.FANOUT ? Tunnel.RECEIVERS.size() : 1;
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
    List<Tunnel.End> near = tunnel.ends().subList(0, 1);
    List<Tunnel.End> far = tunnel.ends().subList(1, 1 + receivers());
    boolean reversed = options.contains("-R");
    List<Tunnel.End> senders = reversed ? far : near;
    List<Tunnel.End> receivers = reversed ? near : far;
    List<Long> nodes = processes(tunnel.ends().subList(0, 1 + receivers()));
    nodes.forEach(ProcessFigures::forgetPeak);
    Map<Metric, Tunnel.Calls> sent = calls(tunnel, senders);
    Map<Metric, Tunnel.Calls> received = calls(tunnel, receivers);
    double cpu = ProcessFigures.cpuSeconds(nodes);

    Iperf.Report report = Iperf.run(tunnel.lab(), targets(far), time, options);

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
      sample.put(Metric.PEAK_SENDER, peak(senders));
      sample.put(Metric.PEAK_RECEIVER, peak(receivers));
    }
    means(sample, sent, calls(tunnel, senders), Metric.TUN_READ, Metric.UDP_SEND);
    means(sample, received, calls(tunnel, receivers), Metric.UDP_RECEIVE, Metric.TUN_WRITE);
    return sample;
  }

  private List<Iperf.Target> targets(List<Tunnel.End> ends) {
    return ends.stream()
        .map(end -> new Iperf.Target(end.host(), way == Way.IPV6 ? end.ip6() : end.ip4()))
        .toList();
  }

  private static List<Long> processes(List<Tunnel.End> ends) {
    return ends.stream().map(Tunnel.End::process).filter(process -> process != 0).toList();
  }

  /** Of the one that took most. */
  private static double peak(List<Tunnel.End> ends) {
    return processes(ends).stream().mapToDouble(ProcessFigures::peakMegabytes).max().orElseThrow();
  }

  /** The sums of these nodes. */
  private static Map<Metric, Tunnel.Calls> calls(Tunnel tunnel, List<Tunnel.End> ends) {
    Map<Metric, Tunnel.Calls> sums = new EnumMap<>(Metric.class);
    ends.forEach(
        end ->
            tunnel
                .calls(end.host())
                .forEach((metric, calls) -> sums.merge(metric, calls, Tunnel.Calls::plus)));
    return sums;
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
