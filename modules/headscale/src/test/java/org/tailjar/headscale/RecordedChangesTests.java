package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What Headscale 0.29.2 sent to one node while others came, moved, changed their state and went,
 * message by message: each changes what it is about.
 */
class RecordedChangesTests {

  private static final Instant NOW = Instant.parse("2026-11-23T19:22:00Z");
  private static final String KEY = "nodekey:" + "11".repeat(32);

  /** A map before a message. */
  @FunctionalInterface
  private interface Before {
    NetworkMap map() throws ControlException;
  }

  private static NetworkMap mapAfter(int last) throws ControlException {
    return mapAfter("map", last);
  }

  private static NetworkMap mapAfter(String stream, int last) throws ControlException {
    @Nullable NetworkMap map = null;
    for (int i = 0; i <= last; i++) {
      MapResponse message = message(stream, i);
      map = map == null ? NetworkMap.of(message, NOW) : map.with(message, NOW);
    }
    return map;
  }

  private static MapResponse message(String stream, int number) throws ControlException {
    return message("%s-%02d".formatted(stream, number));
  }

  private static MapResponse message(String name) throws ControlException {
    return WireJson.decode(MapResponse.class, WireJsonTests.real(name));
  }

  /** A change of the map that all messages before made. */
  private static Arguments row(
      int message, String what, Function<NetworkMap, Object> looksAt, Object old, Object now) {
    return row(() -> mapAfter(message - 1), message, what, looksAt, old, now);
  }

  /** A change of another map: what the server repeats changes nothing of its own. */
  private static Arguments row(
      Before before,
      int message,
      String what,
      Function<NetworkMap, Object> looksAt,
      Object old,
      Object now) {
    return Arguments.of(before, "map", message, what, looksAt, old, now);
  }

  /** A change in the stream that {@link RealChangesTests} recorded. */
  private static Arguments change(
      int message, String what, Function<NetworkMap, Object> looksAt, Object old, Object now) {
    return changeOf(message - 1, message, what, looksAt, old, now);
  }

  /** As above, of the map that the messages up to another one made. */
  private static Arguments changeOf(
      int last,
      int message,
      String what,
      Function<NetworkMap, Object> looksAt,
      Object old,
      Object now) {
    Before before = () -> mapAfter("change", last);
    return Arguments.of(before, "change", message, what, looksAt, old, now);
  }

  /** The map after a message, and what a test says of it besides. */
  private static Before mapAfter(int last, String json) {
    return () -> mapAfter(last).with(WireJsonTests.decode(MapResponse.class, json), NOW);
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
        row(
            mapAfter(0, "{\"Node\":{\"ID\":1,\"Name\":\"old.\",\"Key\":\"%s\"}}".formatted(KEY)),
            1,
            "Node",
            map -> map.self().name(),
            "old.",
            "alpha.example.ts."),
        row(
            mapAfter(1, "{\"ControlTime\":\"2026-11-23T18:22:00Z\"}"),
            2,
            "ControlTime",
            NetworkMap::clockAhead,
            Duration.ofHours(1),
            Duration.ZERO),
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
        row(() -> mapAfter(3), 5, "PeersChangedPatch: online", peer(2, Node::online), false, true),
        row(6, "PeersChanged: its relay", peer(2, Node::homeDerp), 0, 999),
        row(
            6,
            "PeersChanged: other endpoints",
            peer(2, Node::endpoints),
            List.of("192.0.2.2:41641"),
            List.of("192.0.2.3:41641", "198.51.100.3:41641")),
        row(7, "PacketFilters: another policy", ports, List.of(any), List.of(one)),
        row(
            mapAfter(6, "{\"DNSConfig\":{\"Domains\":[\"old.ts\"]}}"),
            7,
            "DNSConfig",
            map -> map.dnsConfig().domains(),
            List.of("old.ts"),
            List.of("example.ts")),
        row(8, "PeersChanged with the policy", ids, List.of(2L), List.of(2L, 3L)),
        row(9, "PeersChanged: an ephemeral peer", peer(3, Node::online), false, true),
        row(() -> mapAfter(8), 10, "PeersChangedPatch: online", peer(3, Node::online), false, true),
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
        row(
            () -> mapAfter(14),
            16,
            "Node: expired, said again",
            map -> map.self().expired(),
            false,
            true));
  }

  static Stream<Arguments> laterChanges() {
    Function<NetworkMap, Object> endpoints = peer(2, Node::endpoints);
    Function<NetworkMap, Object> expiry = peer(2, Node::keyExpiry);
    Function<NetworkMap, Object> key = peer(2, p -> p.key().text().substring(0, 16));
    Function<NetworkMap, Object> disco =
        peer(2, p -> p.discoKey() == null ? "none" : p.discoKey().text());
    Function<NetworkMap, Object> expired = peer(2, Node::expired);
    List<String> here = List.of("192.0.2.2:41641");
    List<String> there = List.of("192.0.2.9:41641");
    Instant far = Instant.parse("2100-01-01T00:00:00Z");
    Instant end = Instant.parse("2026-11-28T03:36:19.106395797Z");
    String first = "nodekey:090f910e";
    String second = "nodekey:e933225e";
    return Stream.of(
        change(6, "PeersChanged: endpoints", endpoints, null, here),
        change(7, "PeersChanged: other endpoints", endpoints, here, there),
        change(8, "PeersChanged: another relay", peer(2, Node::homeDerp), 999, 900),
        change(9, "PeersChanged: its key's time", expiry, null, far),
        change(10, "PeersChanged: its key's time is taken back", expiry, far, null),
        change(11, "PeersChanged: its key expires", expired, false, true),
        changeOf(10, 12, "PeersChangedPatch: KeyExpiry", expiry, null, end),
        change(13, "PeersChangedPatch: Key", key, first, second),
        changeOf(
            3,
            13,
            "PeersChangedPatch: DiscoKey",
            disco,
            "none",
            "discokey:7f58a18173f4463f004b9858cf1cfab7e8334487cdbea22c5349219b60cdfc0c"),
        changeOf(6, 13, "PeersChangedPatch: Endpoints", endpoints, here, there),
        change(14, "PeersChanged: its key is good again", expired, true, false),
        change(
            16,
            "UserProfiles: another user",
            map -> map.userProfiles().values().stream().map(UserProfile::loginName).toList(),
            List.of("u1"),
            List.of("u1", "u2")),
        change(
            17,
            "PeersChanged: another name",
            peer(2, Node::name),
            "beta.example.ts.",
            "renamed.example.ts."),
        change(
            19,
            "PacketFilters beside an SSHPolicy",
            map -> map.packetFilter().getFirst().dstPorts().getFirst().ports(),
            new PortRange(0, 65535),
            new PortRange(22, 22)),
        change(20, "DERPMap", map -> map.derpMap().regions().get("900").regionCode(), "one", "two"),
        change(
            21,
            "PeersRemoved: deleted by the administrator",
            map -> List.copyOf(map.peersById().keySet()),
            List.of(2L, 3L),
            List.of(2L)));
  }

  @ParameterizedTest(name = "{1} {2}: {3}")
  @MethodSource({"changes", "laterChanges"})
  void aRecordedMessageChangesWhatItIsAbout(
      Before before,
      String stream,
      int message,
      String what,
      Function<NetworkMap, Object> looksAt,
      Object old,
      Object now)
      throws Exception {
    assertThat(now).as("a row that shows a change").isNotEqualTo(old);
    NetworkMap map = before.map();
    assertThat(looksAt.apply(map)).isEqualTo(old);
    assertThat(looksAt.apply(map.with(message(stream, message), NOW))).isEqualTo(now);
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

  /** What {@link NetworkMapTests} alone has: Headscale was never seen to send it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "PeerSeenChange",
        "OnlineChange",
        "PacketFilter",
        "Health",
        "DisplayMessages",
        "PopBrowserURL",
        "CollectServices",
        "Debug",
        "ClientVersion",
        "TKAInfo",
        "ControlDialPlan",
        "DefaultAutoUpdate",
        "MapSessionHandle",
        "Seq"
      })
  void aFieldThatHeadscaleNeverSends(String field) {
    assertThat(recordings()).hasSize(39);
    assertThat(recordings())
        .map(name -> new String(WireJsonTests.real(name), StandardCharsets.UTF_8))
        .noneMatch(json -> json.contains("\"" + field + "\":"));
  }

  /** A peer's home relay and attributes come with the whole peer, so patches of them never. */
  @Test
  void aPatchOfHeadscaleHasNoRelayNoAttributesAndNoTimeOfLastSeen() throws Exception {
    List<PeerChange> patches = new ArrayList<>();
    for (String name : recordings()) {
      List<PeerChange> some = message(name).peersChangedPatch();
      patches.addAll(some == null ? List.of() : some);
    }
    assertThat(patches)
        .hasSizeGreaterThan(4)
        .allMatch(p -> p.derpRegion() == 0 && p.cap() == 0)
        .allMatch(p -> p.capMap() == null && p.lastSeen() == null);
  }

  private static List<String> recordings() {
    return Stream.concat(
            IntStream.rangeClosed(0, 16).mapToObj("map-%02d"::formatted),
            IntStream.rangeClosed(0, 21).mapToObj("change-%02d"::formatted))
        .toList();
  }
}
