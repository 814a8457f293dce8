package org.tailjar.systemtests.throughput;

import io.avaje.jsonb.Jsonb;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The results for programs: every sample beside its median, in the units of {@link Metric}. */
final class JsonReport {

  private JsonReport() {}

  static String of(Run run, Results results) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("began", run.began().toString());
    document.put("machine", run.machine());
    document.put("rounds", run.rounds());
    document.put("seconds", run.time().toSeconds());
    document.put("mtu", 1280);
    Map<String, Object> metrics = new LinkedHashMap<>();
    for (Metric metric : Metric.values()) {
      metrics.put(metric.key(), metric.title());
    }
    document.put("metrics", metrics);
    Map<String, Object> peers = new LinkedHashMap<>();
    run.peers().forEach(peer -> peers.put(peer.name(), peer.version()));
    document.put("peers", peers);
    document.put("missing", run.missing());
    document.put("failures", run.failures());
    List<Object> figures = new ArrayList<>();
    for (Load load : run.loads()) {
      for (Peer peer : run.peers()) {
        for (Metric metric : Metric.values()) {
          results
              .spread(load, peer, metric)
              .ifPresent(
                  spread -> {
                    Map<String, Object> figure = new LinkedHashMap<>();
                    figure.put("load", load.id());
                    figure.put("peer", peer.name());
                    figure.put("metric", metric.key());
                    figure.put("median", spread.median());
                    figure.put("least", spread.least());
                    figure.put("most", spread.most());
                    figure.put("samples", results.values(load, peer, metric));
                    figures.add(figure);
                  });
        }
      }
    }
    document.put("figures", figures);
    return Jsonb.instance().type(Object.class).toJsonPretty(document) + "\n";
  }
}
