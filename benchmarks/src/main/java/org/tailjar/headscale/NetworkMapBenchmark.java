package org.tailjar.headscale;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.tailjar.benchmarks.SteadyState;

/** A message of the control server: reading the full map, and merging what changes one peer. */
public class NetworkMapBenchmark extends SteadyState {

  /** Nodes of the tailnet. */
  @Param({"10", "1000", "10000"})
  private int peers = 10;

  private byte[] full = new byte[0];
  private byte[] patch = new byte[0];
  private NetworkMap map = map();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  private static NetworkMap map() {
    try {
      return NetworkMap.of(
          WireJson.decode(
              MapResponse.class, ("{\"Node\":" + node(1) + "}").getBytes(StandardCharsets.UTF_8)),
          Instant.EPOCH);
    } catch (ControlException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A node as Headscale writes one. */
  private static String node(int id) {
    return """
    {"ID":%1$d,"StableID":"%1$d","Name":"node-%1$d.example.com.","User":1,
    "Key":"nodekey:%2$064x","KeyExpiry":"0001-01-01T00:00:00Z","Machine":"mkey:%2$064x",
    "DiscoKey":"discokey:%2$064x",
    "Addresses":["100.%3$d.%4$d.%5$d/32","fd7a:115c:a1e0::%1$x/128"],
    "AllowedIPs":["100.%3$d.%4$d.%5$d/32","fd7a:115c:a1e0::%1$x/128"],
    "Endpoints":["192.0.2.1:41641","198.51.100.7:41641"],"HomeDERP":1,
    "Hostinfo":{"OS":"linux","Hostname":"node-%1$d"},"Created":"2026-01-01T00:00:00Z",
    "Cap":142,"Online":true,"MachineAuthorized":true,
    "CapMap":{"https://tailscale.com/cap/ssh":null}}\
    """
        .formatted(id, id + 1_000_000, 64 + (id >> 16), id >> 8 & 255, id & 255);
  }

  /** Writes the messages and merges the first. */
  @Setup
  public void prepare() throws ControlException {
    full =
        ("{\"Node\":"
                + node(1)
                + ",\"Peers\":["
                + IntStream.rangeClosed(2, peers)
                    .mapToObj(NetworkMapBenchmark::node)
                    .collect(Collectors.joining(","))
                + "]}")
            .getBytes(StandardCharsets.UTF_8);
    map = map().with(WireJson.decode(MapResponse.class, full), now);
    if (map.peers().size() != peers - 1) {
      throw new IllegalStateException("a map of " + map.peers().size() + " peers");
    }
    patch =
        "{\"PeersChangedPatch\":[{\"NodeID\":%d,\"DERPRegion\":2,\"Online\":false}]}"
            .formatted(peers / 2)
            .getBytes(StandardCharsets.UTF_8);
    if (mergePatch() == map) {
      throw new IllegalStateException("the patch changes nothing");
    }
  }

  /** The first message of a connection, from its JSON to the map. */
  @Benchmark
  public NetworkMap readFull() throws ControlException {
    return NetworkMap.of(WireJson.decode(MapResponse.class, full), now);
  }

  /** One peer changes its home region and goes offline. */
  @Benchmark
  public NetworkMap mergePatch() throws ControlException {
    return map.with(WireJson.decode(MapResponse.class, patch), now);
  }

  /** Every node of the map written, as for the copy on disk. */
  @Benchmark
  public byte[] write() {
    return map.toJson();
  }
}
