package org.tailjar.systemtests.throughput;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The charts of a run, by the names of their files. */
final class Plots {

  private static final List<Load> TCP =
      List.of(
          Load.TCP1, Load.TCP4, Load.TCP1_REVERSED, Load.TCP4_REVERSED, Load.TCP1_V6, Load.FANOUT);
  private static final List<Load> UDP =
      List.of(Load.UDP200, Load.UDP200_V6, Load.UDP200_PACED, Load.UDP1200);

  private final Run run;
  private final Results results;
  private final Map<String, BarChart> charts = new LinkedHashMap<>();

  private Plots(Run run, Results results) {
    this.run = run;
    this.results = results;
  }

  static Map<String, BarChart> of(Run run, Results results) {
    Plots plots = new Plots(run, results);
    plots.chart("tcp", "TCP through the tunnel, Gbit/s", Metric.RATE, TCP);
    plots.chart("udp", "UDP through the tunnel, packets/s that arrive", Metric.PACKET_RATE, UDP);
    plots.chart(
        "relayed",
        "TCP through headscale's relay, Gbit/s",
        Metric.RATE,
        List.of(Load.RELAYED, Load.RELAYED_TLS));
    plots.chart("cpu", "CPU seconds per GB moved, all nodes", Metric.CPU, TCP);
    plots.chart("udpcpu", "CPU µs per UDP packet that arrives, all nodes", Metric.PACKET_CPU, UDP);
    plots.chart("memory", "Peak resident memory of the receiver, MB", Metric.PEAK_RECEIVER, TCP);
    plots.ping("ping", Load.PING, "Ping under a full TCP load, ms");
    plots.ping("relayedping", Load.RELAYED_PING, "Ping under a full TCP load, relayed, ms");
    return plots.charts;
  }

  private void chart(String file, String title, Metric metric, List<Load> loads) {
    put(
        file,
        title,
        metric,
        loads.stream()
            .filter(run.loads()::contains)
            .map(load -> new BarChart.Group(load.title(), bars(load, metric))));
  }

  private void ping(String file, Load load, String title) {
    put(
        file,
        title,
        Metric.PING_P50,
        Stream.of(
            new BarChart.Group("half of them within", bars(load, Metric.PING_P50)),
            new BarChart.Group("99 of 100 within", bars(load, Metric.PING_P99))));
  }

  private void put(String file, String title, Metric format, Stream<BarChart.Group> groups) {
    List<BarChart.Group> filled = groups.filter(group -> !group.bars().isEmpty()).toList();
    if (!filled.isEmpty()) {
      String better = format.moreIsBetter() ? "longer is better" : "shorter is better";
      charts.put(
          file, new BarChart(title + " (" + better + ")", run.setting(), format::format, filled));
    }
  }

  private List<BarChart.Bar> bars(Load load, Metric metric) {
    List<BarChart.Bar> bars = new ArrayList<>();
    for (Peer peer : run.peers()) {
      // Without a tunnel it is so much faster that the others could not be told apart.
      if (!(peer instanceof NoTunnel)) {
        results
            .spread(load, peer, metric)
            .ifPresent(
                spread ->
                    bars.add(
                        new BarChart.Bar(
                            peer.title(), peer.equals(run.peers().getFirst()), spread)));
      }
    }
    return bars;
  }
}
