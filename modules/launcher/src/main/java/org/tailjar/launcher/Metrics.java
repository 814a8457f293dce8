package org.tailjar.launcher;

import java.nio.charset.StandardCharsets;
import java.util.function.ToLongFunction;
import org.tailjar.tailnet.CallCount;
import org.tailjar.tailnet.NodeStatus;
import org.tailjar.tailnet.TailnetNode;
import org.tailjar.tailnet.TrafficStatistics;

/** A page in the text format of Prometheus, version 0.0.4. */
final class Metrics {
  private static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final StringBuilder page = new StringBuilder(4096);

  private Metrics() {}

  static HttpReply page(TailnetNode node) {
    var metrics = new Metrics();
    metrics.write(node, node.status());
    return new HttpReply(200, TYPE, metrics.page.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void write(TailnetNode node, NodeStatus status) {
    family("tailjar_build_info", "gauge", "The version, as a label.");
    sample("tailjar_build_info", "version", Version.TEXT, "1");
    gauge("tailjar_ready", "1 when packets can flow.", node.ready() ? "1" : "0");
    gauge("tailjar_live", "1 when the threads of the node run.", node.live() ? "1" : "0");
    family("tailjar_state", "gauge", "1 at the state that the node is in.");
    for (var state : NodeStatus.State.values()) {
      var name = Documents.backendState(state);
      sample("tailjar_state", "state", name, state == status.state() ? "1" : "0");
    }
    status
        .mapAge()
        .ifPresent(
            age ->
                gauge(
                    "tailjar_network_map_age_seconds",
                    "Since the last network map came.",
                    Double.toString(age.toMillis() / 1e3)));
    gauge(
        "tailjar_health_messages",
        "How many things are wrong.",
        Integer.toString(status.health().size()));
    var paths = Documents.paths(status);
    family("tailjar_peers", "gauge", "Peers by the path in use.");
    sample("tailjar_peers", "path", "direct", Integer.toString(paths.direct()));
    sample("tailjar_peers", "path", "relay", Integer.toString(paths.relayed()));
    sample("tailjar_peers", "path", "idle", Integer.toString(paths.idle()));
    traffic(status.traffic());
  }

  private void traffic(TrafficStatistics traffic) {
    calls("tailjar_calls_total", "Calls that carried packets.", traffic, CallCount::calls);
    calls("tailjar_packets_total", "Packets carried.", traffic, CallCount::packets);
    family("tailjar_bytes_total", "counter", "Bytes of IP packets through tunnels.");
    sample("tailjar_bytes_total", "direction", "out", Long.toString(traffic.bytesOut()));
    sample("tailjar_bytes_total", "direction", "in", Long.toString(traffic.bytesIn()));
    if (!traffic.counters().isEmpty()) {
      family("tailjar_events_total", "counter", "What else was counted on the packet path.");
      traffic
          .counters()
          .forEach(
              (name, count) -> sample("tailjar_events_total", "event", name, Long.toString(count)));
    }
  }

  private void calls(
      String name, String help, TrafficStatistics traffic, ToLongFunction<CallCount> value) {
    family(name, "counter", help);
    call(name, "tun_read", traffic.tunRead(), value);
    call(name, "udp_send", traffic.udpSend(), value);
    call(name, "udp_receive", traffic.udpReceive(), value);
    call(name, "tun_write", traffic.tunWrite(), value);
  }

  private void call(String name, String label, CallCount count, ToLongFunction<CallCount> value) {
    sample(name, "call", label, Long.toString(value.applyAsLong(count)));
  }

  private void gauge(String name, String help, String value) {
    family(name, "gauge", help);
    page.append(name).append(' ').append(value).append('\n');
  }

  private void family(String name, String type, String help) {
    page.append("# HELP ").append(name).append(' ').append(help).append('\n');
    page.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private void sample(String name, String label, String labelValue, String value) {
    var escaped = labelValue.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    page.append(name).append('{').append(label).append("=\"").append(escaped).append("\"} ");
    page.append(value).append('\n');
  }
}
