package org.tailjar.launcher;

import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import org.tailjar.headscale.DerpRegionWire;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Prints what the running node last measured, as the incumbent prints what its command measures:
 * another socket than the node's own would be seen elsewhere by a NAT.
 */
@Command(
    name = "netcheck",
    description = "Show what the node last measured of the network: UDP, NAT and relays.")
final class Netcheck extends Commands.Base {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSXXX").withZone(ZoneId.systemDefault());

  @Option(names = "--json", description = "As JSON, in the form of the incumbent's.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    var client = client();
    var status = client.status(false);
    var tailjar = status.tailjar();
    var report = tailjar == null ? null : tailjar.netcheck();
    if (report == null) {
      throw new IOException(
          "the network has not been measured yet; state: " + status.backendState());
    }
    if (json) {
      out().println(JsonLayout.indented(Documents.NETCHECK.toJson(report)));
      return ExitStatus.OK;
    }
    Map<String, DerpRegionWire> regions =
        Objects.requireNonNullElse(client.relays().regions(), Map.of());
    out().print(text(report, regions.values()));
    out().flush();
    return ExitStatus.OK;
  }

  /** The whole text, lines ended. */
  static String text(NetcheckDocument report, Collection<DerpRegionWire> regions) {
    var text = new StringBuilder("\nReport:\n");
    line(text, "Time", TIME.format(Instant.parse(report.now())));
    line(text, "UDP", report.udp());
    line(
        text,
        "IPv4",
        report.globalV4().isEmpty() ? "(no addr found)" : "yes, " + report.globalV4());
    line(text, "IPv6", ipv6(report));
    line(text, "MappingVariesByDestIP", Objects.requireNonNullElse(report.mappingVaries(), ""));
    line(text, "PortMapping", "not checked");
    var latencies = report.regionLatency();
    if (latencies.isEmpty()) {
      line(text, "Nearest DERP", "unknown (no response to latency probes)");
      return text.toString();
    }
    line(text, "Nearest DERP", nearest(report.preferredDerp(), regions));
    text.append("\t* DERP latency:\n");
    var sorted = new ArrayList<>(regions);
    sorted.sort(
        Comparator.comparingLong(
                (DerpRegionWire region) ->
                    Objects.requireNonNullElse(latencies.get(key(region)), Long.MAX_VALUE))
            .thenComparingInt(DerpRegionWire::regionId));
    for (var region : sorted) {
      var latency = latencies.get(key(region));
      text.append(
          "\t\t- %3s: %-7s (%s)\n"
              .formatted(
                  Objects.requireNonNullElse(region.regionCode(), ""),
                  latency == null ? "" : shown(latency),
                  name(region)));
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String name, Object value) {
    text.append("\t* ").append(name).append(": ").append(value).append('\n');
  }

  private static String ipv6(NetcheckDocument report) {
    if (!report.globalV6().isEmpty()) {
      return "yes, " + report.globalV6();
    }
    if (report.ipv6()) {
      return "(no addr found)";
    }
    return report.osHasIpv6() ? "no, but OS has support" : "no, unavailable in OS";
  }

  private static String nearest(int id, Collection<DerpRegionWire> regions) {
    if (id == 0) {
      return "[none]";
    }
    return regions.stream()
        .filter(region -> region.regionId() == id)
        .findFirst()
        .map(Netcheck::name)
        .orElse(id + " (region not found in map)");
  }

  private static String name(DerpRegionWire region) {
    return Objects.requireNonNullElse(region.regionName(), "");
  }

  private static String key(DerpRegionWire region) {
    return Integer.toString(region.regionId());
  }

  /** To a tenth of a millisecond, as Go writes durations. */
  static String shown(long nanos) {
    long tenths = Math.round(nanos / 1e5);
    if (tenths == 0) {
      return "0s";
    }
    if (tenths < 10) {
      return tenths * 100 + "µs";
    }
    boolean seconds = tenths >= 10_000;
    return BigDecimal.valueOf(tenths, seconds ? 4 : 1).stripTrailingZeros().toPlainString()
        + (seconds ? "s" : "ms");
  }
}
