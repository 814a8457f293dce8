package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What Headscale 0.29.2 sent to one node while others came, moved, changed their state and went,
 * message by message: each changes what it is about.
 */
class RecordedChangesTests {

  private static final Instant NOW = Instant.parse("2026-11-23T19:22:00Z");

  private static NetworkMap mapAfter(int last) throws ControlException {
    @Nullable NetworkMap map = null;
    for (int i = 0; i <= last; i++) {
      MapResponse message = message("map-%02d".formatted(i));
      map = map == null ? NetworkMap.of(message, NOW) : map.with(message, NOW);
    }
    return map;
  }

  private static MapResponse message(String name) throws ControlException {
    return WireJson.decode(MapResponse.class, WireJsonTests.real(name));
  }

  private static Arguments row(
      int message, String what, Function<NetworkMap, Object> looksAt, Object old, Object now) {
    return Arguments.of(message, what, looksAt, old, now);
  }

  private static Function<NetworkMap, Object> peer(long id, Function<Node, Object> looksAt) {
    return map -> map.peersById().containsKey(id) ? looksAt.apply(map.peersById().get(id)) : "none";
  }

  static Stream<Arguments> changes() {
    Function<NetworkMap, Object> ids = map -> List.copyOf(map.peersById().keySet());
    Function<NetworkMap, Object> ports =
        map ->
            map.packetFilter().getFirst().dstPorts().stream()
                .map(NetPortRange::ports)
                .distinct()
                .toList();
    PortRange any = new PortRange(0, 65535);
    PortRange one = new PortRange(7777, 7777);
    return Stream.of(
        row(1, "Node", map -> map.self().homeDerp(), 999, 999),
        row(2, "ControlTime", NetworkMap::clockAhead, Duration.ZERO, Duration.ZERO),
        row(3, "PeersChanged: a new peer", ids, List.of(), List.of(2L)),
        row(3, "PeersChanged: not online yet", peer(2, Node::online), "none", false),
        row(4, "PeersChanged: it connects", peer(2, Node::online), false, true),
        row(4, "PeersChanged: its disco key", peer(2, p -> p.discoKey() != null), false, true),
        row(
            4,
            "PeersChanged: its endpoints",
            peer(2, Node::endpoints),
            null,
            List.of("192.0.2.2:41641")),
        row(5, "PeersChangedPatch: online", peer(2, Node::online), true, true),
        row(6, "PeersChanged: its relay", peer(2, Node::homeDerp), 0, 999),
        row(
            6,
            "PeersChanged: other endpoints",
            peer(2, Node::endpoints),
            List.of("192.0.2.2:41641"),
            List.of("192.0.2.3:41641", "198.51.100.3:41641")),
        row(7, "PacketFilters: another policy", ports, List.of(any), List.of(one)),
        row(7, "DNSConfig", map -> map.dnsConfig() != null, true, true),
        row(8, "PeersChanged with the policy", ids, List.of(2L), List.of(2L, 3L)),
        row(9, "PeersChanged: an ephemeral peer", peer(3, Node::online), false, true),
        row(10, "PeersChangedPatch: online", peer(3, Node::online), true, true),
        row(11, "PeersRemoved", ids, List.of(2L, 3L), List.of(2L)),
        row(12, "PeersChangedPatch: offline", peer(2, Node::online), true, false),
        row(13, "PeersChanged: last seen", peer(2, p -> p.lastSeen() != null), false, true),
        row(
            14,
            "Node: another name",
            map -> map.self().name(),
            "alpha.example.ts.",
            "newname.example.ts."),
        row(15, "Node: expired", map -> map.self().expired(), false, true),
        row(15, "Node: its key's time", map -> map.self().keyExpiry() != null, false, true),
        row(16, "Node: the same again", map -> map.self().expired(), true, true));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("changes")
  void aRecordedMessageChangesWhatItIsAbout(
      int message, String what, Function<NetworkMap, Object> looksAt, Object old, Object now)
      throws Exception {
    assertThat(looksAt.apply(mapAfter(message - 1))).isEqualTo(old);
    assertThat(looksAt.apply(mapAfter(message))).isEqualTo(now);
  }

  @Test
  void aRecordedFullMapReplacesAllPeers() throws Exception {
    NetworkMap full = NetworkMap.of(message("mape-00"), NOW);
    assertThat(full.peersById()).containsOnlyKeys(1L, 2L);
    assertThat(full.derpMap().regions()).containsOnlyKeys("999");
    NetworkMap replaced = mapAfter(10).with(message("mape-00"), NOW);
    assertThat(replaced.peersById()).isEqualTo(full.peersById());
    assertThat(replaced.self()).isEqualTo(full.self());
  }
}
