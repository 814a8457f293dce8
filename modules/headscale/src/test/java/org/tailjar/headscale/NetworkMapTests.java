package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkMapTests {

  private static final Instant NOW = Instant.parse("2026-11-23T19:22:00Z");
  private static final String KEY1 = "nodekey:" + "11".repeat(32);
  private static final String KEY2 = "nodekey:" + "22".repeat(32);
  private static final String DISCO2 = "discokey:" + "33".repeat(32);

  private static final String FIRST =
      """
      {"Node": {"ID": 1, "Name": "a.example.ts.", "Key": "%s", "Addresses": ["100.64.0.1/32"]},
       "Peers": [
         {"ID": 7, "Name": "g.example.ts.", "Key": "%s", "Addresses": ["100.64.0.7/32"]},
         {"ID": 2, "Name": "b.example.ts.", "Key": "%s", "Addresses": ["100.64.0.2/32"],
          "HomeDERP": 1, "Endpoints": ["192.0.2.2:1"], "Cap": 119, "Online": true,
          "LastSeen": "2026-01-01T00:00:00Z"}],
       "DERPMap": {"HomeParams": {"RegionScore": {"1": 0.5}}, "Regions": {
         "1": {"RegionID": 1, "RegionCode": "one", "Nodes": []},
         "2": {"RegionID": 2, "RegionCode": "two", "Nodes": []}}},
       "DNSConfig": {"Domains": ["example.ts"], "Proxied": true},
       "Domain": "hs.example",
       "PacketFilters": {"base": [{"SrcIPs": ["*"]}]},
       "UserProfiles": [{"ID": 1, "LoginName": "u1"}],
       "Health": ["bad weather"],
       "ControlTime": "2026-11-23T19:22:00Z"}
      """
          .formatted(KEY1, "nodekey:" + "77".repeat(32), KEY2);

  private static MapResponse message(String json) throws ControlException {
    return WireJsonTests.decode(MapResponse.class, json);
  }

  private static NetworkMap first() throws ControlException {
    return NetworkMap.of(message(FIRST), NOW);
  }

  private static Arguments row(
      String name, String json, Function<NetworkMap, Object> looksAt, Object expected) {
    return Arguments.of(name, json, looksAt, expected);
  }

  private static Function<NetworkMap, Object> peer2(Function<Node, Object> looksAt) {
    return map -> looksAt.apply(map.peersById().get(2L));
  }

  static Stream<Arguments> changes() {
    Function<NetworkMap, Object> ids = map -> List.copyOf(map.peersById().keySet());
    Function<NetworkMap, Object> regions = map -> List.copyOf(map.derpMap().regions().keySet());
    Function<NetworkMap, Object> scores = map -> map.derpMap().homeParams().regionScore();
    Function<NetworkMap, Object> sources =
        map -> map.packetFilter().stream().flatMap(r -> r.srcIps().stream()).toList();
    Function<NetworkMap, Object> users =
        map -> map.userProfiles().values().stream().map(UserProfile::loginName).toList();
    Function<NetworkMap, Object> health = NetworkMap::health;
    String newPeer = "{\"ID\": 3, \"Key\": \"nodekey:%s\", ".formatted("44".repeat(32));
    return Stream.of(
        row("peers are in order", "{}", ids, List.of(2L, 7L)),
        row("peers replace", "{\"Peers\": [%s\"Cap\": 1}]}".formatted(newPeer), ids, List.of(3L)),
        row("no peers change nothing", "{\"Peers\": []}", ids, List.of(2L, 7L)),
        row(
            "changed adds",
            "{\"PeersChanged\": [%s\"Cap\": 1}]}".formatted(newPeer),
            ids,
            List.of(2L, 3L, 7L)),
        row(
            "changed replaces",
            "{\"PeersChanged\": [{\"ID\": 2, \"Key\": \"%s\", \"Cap\": 120}]}".formatted(KEY2),
            peer2(p -> p.cap() + " " + p.homeDerp()),
            "120 0"),
        row("removed removes", "{\"PeersRemoved\": [2, 99]}", ids, List.of(7L)),
        row(
            "removed precedes changed",
            "{\"PeersRemoved\": [2], \"PeersChanged\": [{\"ID\": 2, \"Key\": \"%s\"}]}"
                .formatted(KEY2),
            ids,
            List.of(2L, 7L)),
        row(
            "full list wins over changes",
            "{\"Peers\": [%s\"Cap\": 1}], \"PeersRemoved\": [3]}".formatted(newPeer),
            ids,
            List.of(3L)),
        row(
            "a peer without a key is ignored",
            "{\"PeersChanged\": [{\"ID\": 3}]}",
            ids,
            List.of(2L, 7L)),
        row("seen", "{\"PeerSeenChange\": {\"2\": true}}", peer2(Node::lastSeen), NOW),
        row("unseen", "{\"PeerSeenChange\": {\"2\": false}}", peer2(Node::lastSeen), null),
        row("offline", "{\"OnlineChange\": {\"2\": false}}", peer2(Node::online), false),
        row(
            "a change of a stranger is ignored",
            "{\"OnlineChange\": {\"99\": false, \"x\": true}}",
            peer2(Node::online),
            true),
        row("patch online", patch("\"Online\": false"), peer2(Node::online), false),
        row("patch online is not seen", patch("\"Cap\": 121"), peer2(Node::online), true),
        row("patch relay", patch("\"DERPRegion\": 2"), peer2(Node::homeDerp), 2),
        row("patch of relay 0", patch("\"DERPRegion\": 0"), peer2(Node::homeDerp), 1),
        row("patch cap", patch("\"Cap\": 121"), peer2(Node::cap), 121),
        row(
            "patch endpoints",
            patch("\"Endpoints\": [\"192.0.2.9:9\"]"),
            peer2(Node::endpoints),
            List.of("192.0.2.9:9")),
        row("patch endpoints away", patch("\"Endpoints\": []"), peer2(Node::endpoints), List.of()),
        row(
            "patch endpoints null",
            patch("\"Endpoints\": null"),
            peer2(Node::endpoints),
            List.of("192.0.2.2:1")),
        row(
            "patch key",
            patch("\"Key\": \"%s\"".formatted(KEY1)),
            peer2(p -> p.key().text()),
            KEY1),
        row(
            "patch disco key",
            patch("\"DiscoKey\": \"%s\"".formatted(DISCO2)),
            peer2(p -> p.discoKey().text()),
            DISCO2),
        row(
            "patch last seen",
            patch("\"LastSeen\": \"2026-11-23T00:00:00Z\""),
            peer2(Node::lastSeen),
            Instant.parse("2026-11-23T00:00:00Z")),
        row(
            "patch expiry",
            patch("\"KeyExpiry\": \"2027-01-01T00:00:00Z\""),
            peer2(Node::keyExpiry),
            Instant.parse("2027-01-01T00:00:00Z")),
        row(
            "patch expiry away",
            "{\"PeersChanged\": [{\"ID\": 2, \"Key\": \"%s\", ".formatted(KEY2)
                + "\"KeyExpiry\": \"2026-01-01T00:00:00Z\"}], \"PeersChangedPatch\": ["
                + "{\"NodeID\": 2, \"KeyExpiry\": \"0001-01-01T00:00:00Z\"}]}",
            map -> map.isExpired(map.peersById().get(2L), NOW),
            false),
        row(
            "patch expiry null",
            "{\"PeersChanged\": [{\"ID\": 2, \"Key\": \"%s\", ".formatted(KEY2)
                + "\"KeyExpiry\": \"2026-01-01T00:00:00Z\"}], \"PeersChangedPatch\": ["
                + "{\"NodeID\": 2, \"KeyExpiry\": null}]}",
            map -> map.isExpired(map.peersById().get(2L), NOW),
            true),
        row(
            "patch attributes",
            patch("\"CapMap\": {\"a\": [1]}"),
            peer2(p -> p.capMap().keySet()),
            Set.of("a")),
        row(
            "patch of a stranger",
            "{\"PeersChangedPatch\": [{\"NodeID\": 99}]}",
            ids,
            List.of(2L, 7L)),
        row(
            "patch follows changed",
            "{\"PeersChanged\": [{\"ID\": 2, \"Key\": \"%s\", \"HomeDERP\": 5}], ".formatted(KEY2)
                + "\"PeersChangedPatch\": [{\"NodeID\": 2, \"DERPRegion\": 6}]}",
            peer2(Node::homeDerp),
            6),
        row(
            "self",
            "{\"Node\": {\"ID\": 1, \"Name\": \"new.\", \"Key\": \"%s\"}}".formatted(KEY1),
            map -> map.self().name(),
            "new."),
        row("relays null", "{\"DERPMap\": {}}", regions, List.of("1", "2")),
        row(
            "relays replace",
            "{\"DERPMap\": {\"Regions\": {\"3\": {\"RegionID\": 3}}}}",
            regions,
            List.of("3")),
        row(
            "a null relay is none",
            "{\"DERPMap\": {\"Regions\": {\"3\": {\"RegionID\": 3}, \"1\": null}}}",
            regions,
            List.of("3")),
        row("scores stay", "{\"DERPMap\": {\"Regions\": {}}}", scores, Map.of("1", 0.5)),
        row("scores null", "{\"DERPMap\": {\"HomeParams\": {}}}", scores, Map.of("1", 0.5)),
        row(
            "scores replace",
            "{\"DERPMap\": {\"HomeParams\": {\"RegionScore\": {\"2\": 2}}}}",
            scores,
            Map.of("2", 2.0)),
        row(
            "dns replaces",
            "{\"DNSConfig\": {\"Domains\": [\"other\"]}}",
            map -> map.dnsConfig().domains() + " " + map.dnsConfig().proxied(),
            "[other] false"),
        row("domain", "{\"Domain\": \"other\"}", NetworkMap::domain, "other"),
        row("empty domain", "{\"Domain\": \"\"}", NetworkMap::domain, "hs.example"),
        row("filter null", "{\"PacketFilter\": null}", sources, List.of("*")),
        row("filter empty denies all", "{\"PacketFilter\": []}", sources, List.of()),
        row(
            "filter is the base part",
            "{\"PacketFilter\": [{\"SrcIPs\": [\"x\"]}]}",
            sources,
            List.of("x")),
        row(
            "filters add in the order of names",
            "{\"PacketFilters\": {\"zz\": [{\"SrcIPs\": [\"z\"]}], \"aa\": [{\"SrcIPs\":"
                + " [\"a\"]}]}}",
            sources,
            List.of("a", "*", "z")),
        row("filters remove", "{\"PacketFilters\": {\"base\": null}}", sources, List.of()),
        row(
            "filters remove all first",
            "{\"PacketFilters\": {\"x\": [{\"SrcIPs\": [\"x\"]}], \"*\": null}}",
            sources,
            List.of("x")),
        row("filters empty part denies", "{\"PacketFilters\": {\"base\": []}}", sources, List.of()),
        row(
            "the single filter precedes the parts",
            "{\"PacketFilter\": [{\"SrcIPs\": [\"x\"]}], \"PacketFilters\": {\"base\": null}}",
            sources,
            List.of()),
        row(
            "users merge",
            "{\"UserProfiles\": [{\"ID\": 2, \"LoginName\": \"u2\"}]}",
            users,
            List.of("u1", "u2")),
        row(
            "users change",
            "{\"UserProfiles\": [{\"ID\": 1, \"LoginName\": \"x\"}]}",
            users,
            List.of("x")),
        row("health null", "{\"Health\": null}", health, List.of("bad weather")),
        row("health clears", "{\"Health\": []}", health, List.of()),
        row(
            "keepalive changes nothing",
            "{\"KeepAlive\": true, \"PeersRemoved\": [2]}",
            ids,
            List.of(2L, 7L)));
  }

  private static String patch(String fields) {
    return "{\"PeersChangedPatch\": [{\"NodeID\": 2, " + fields + "}]}";
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("changes")
  void aMessageChangesWhatItSays(
      String name, String json, Function<NetworkMap, Object> looksAt, Object expected)
      throws Exception {
    assertThat(looksAt.apply(first().with(message(json), NOW))).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("changes")
  void theMapBeforeStaysAsItWas(
      String name, String json, Function<NetworkMap, Object> looksAt, Object expected)
      throws Exception {
    NetworkMap before = first();
    before.with(message(json), NOW);
    assertThat(before).isEqualTo(first());
  }

  /** What this node has no use for; {@link DebugOrdersTests} has what a client is ordered to do. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"SSHPolicy\": {\"rules\": [{\"principals\": [{\"any\": true}]}]}",
        "\"SSHPolicy\": null",
        "\"DisplayMessages\": {\"w\": {\"Title\": \"t\", \"Text\": \"x\"}, \"*\": null}",
        "\"CollectServices\": true",
        "\"CollectServices\": null",
        "\"Debug\": {\"SleepSeconds\": 0.5, \"Exit\": 1, \"DisableLogTail\": true}",
        "\"ClientVersion\": {\"RunningLatest\": true}",
        "\"TKAInfo\": {\"Head\": \"h\", \"Disabled\": true}",
        "\"ControlDialPlan\": {\"Candidates\": [{\"IP\": \"192.0.2.1\"}]}",
        "\"DefaultAutoUpdate\": true",
        "\"MapSessionHandle\": \"m\", \"Seq\": 5"
      })
  void whatIsOfNoUseHereChangesNothingAndTakesNothingFromTheRest(String fields) throws Exception {
    NetworkMap map = first();
    assertThat(map.with(message("{" + fields + "}"), NOW)).isSameAs(map);
    assertThat(map.with(message("{" + fields + ", \"PeersRemoved\": [2]}"), NOW))
        .isEqualTo(map.with(message("{\"PeersRemoved\": [2]}"), NOW))
        .isNotEqualTo(map);
  }

  @Test
  void aFirstMessageThatIsAlsoASignOfLifeMakesTheMap() throws ControlException {
    NetworkMap map = NetworkMap.of(message("{\"KeepAlive\": true, " + FIRST.substring(1)), NOW);

    assertThat(map).isEqualTo(first());
  }

  @Test
  void aMessageWithoutNewsIsTheSameMap() throws Exception {
    NetworkMap map = first();
    assertThat(map.with(message("{}"), NOW)).isSameAs(map);
    assertThat(map.with(message(FIRST), NOW)).isSameAs(map);
    assertThat(map.with(message("{\"ControlTime\": \"2026-11-23T19:22:30Z\"}"), NOW)).isSameAs(map);
    assertThat(map.with(message("{\"OnlineChange\": {\"2\": true}}"), NOW)).isSameAs(map);
  }

  @Test
  void aFirstMessageWithoutThisNodeIsRefused() {
    assertThatExceptionOfType(ControlException.class)
        .isThrownBy(() -> NetworkMap.of(message("{\"Peers\": []}"), NOW));
    assertThatExceptionOfType(ControlException.class)
        .isThrownBy(() -> NetworkMap.of(message("{\"Node\": {\"ID\": 1}}"), NOW));
  }

  @Test
  void nodesAreMeantRatherThanSent() throws Exception {
    NetworkMap map =
        first()
            .with(
                message(
                    """
                    {"PeersChanged": [
                      {"ID": 2, "Key": "%1$s", "Addresses": ["100.64.0.2/32"],
                       "DERP": "127.3.3.40:12"},
                      {"ID": 3, "Key": "%1$s", "Addresses": ["100.64.0.3/32"],
                       "AllowedIPs": [], "DERP": "127.3.3.40:x", "HomeDERP": 4},
                      {"ID": 4, "Key": "%1$s", "Addresses": ["100.64.0.4/32"],
                       "AllowedIPs": ["100.64.0.4/32", "10.0.0.0/8"],
                       "UnsignedPeerAPIOnly": true, "DERP": "127.3.3.40:x"}]}
                    """
                        .formatted(KEY2)),
                NOW);
    assertThat(map.self().allowedIps()).containsExactly("100.64.0.1/32");
    assertThat(map.peersById().get(2L).allowedIps()).containsExactly("100.64.0.2/32");
    assertThat(map.peersById().get(2L).homeDerp()).isEqualTo(12);
    assertThat(map.peersById().get(3L).allowedIps()).isEmpty();
    assertThat(map.peersById().get(3L).homeDerp()).isEqualTo(4);
    assertThat(map.peersById().get(4L).allowedIps()).isEmpty();
    assertThat(map.peersById().get(4L).homeDerp()).isZero();
  }

  @Test
  void expiryIsJudgedByTheServersClock() throws Exception {
    // This machine's clock is an hour ahead.
    NetworkMap map =
        NetworkMap.of(message(FIRST), NOW.plus(Duration.ofHours(1)))
            .with(
                message(
                    "{\"PeersChangedPatch\": [{\"NodeID\": 2, "
                        + "\"KeyExpiry\": \"2026-11-23T19:30:00Z\"}]}"),
                NOW.plus(Duration.ofHours(1)));
    Node peer = map.peersById().get(2L);
    assertThat(map.clockAhead()).isEqualTo(Duration.ofHours(1));
    assertThat(map.isExpired(peer, NOW.plus(Duration.ofHours(1)))).isFalse();
    assertThat(map.isExpired(peer, NOW.plus(Duration.ofMinutes(69)))).isTrue();
    assertThat(map.isExpired(map.self(), NOW)).isFalse();
    assertThat(first().clockAhead()).isZero();
  }

  @Test
  void theTimeToTheNextExpiryIsByTheServersClock() throws Exception {
    NetworkMap map =
        NetworkMap.of(message(FIRST), NOW.plus(Duration.ofHours(1)))
            .with(
                message(
                    """
                    {"PeersChangedPatch": [{"NodeID": 2, "KeyExpiry": "2026-11-23T19:30:00Z"},
                      {"NodeID": 7, "KeyExpiry": "2026-11-23T19:40:00Z"}]}
                    """),
                NOW.plus(Duration.ofHours(1)));
    Instant here = NOW.plus(Duration.ofHours(1));
    assertThat(map.timeToPeersExpiry(here)).contains(Duration.ofMinutes(8));
    assertThat(map.timeToPeersExpiry(here.plus(Duration.ofMinutes(8))))
        .contains(Duration.ofMinutes(10));
    assertThat(map.timeToPeersExpiry(here.plus(Duration.ofMinutes(18)))).isEmpty();
    assertThat(map.timeToExpiry(map.self(), here)).isEmpty();
    assertThat(first().timeToPeersExpiry(NOW)).isEmpty();
  }

  @Test
  void aStoredMapIsReadBack() throws Exception {
    NetworkMap map = first().with(message("{\"PacketFilters\": {\"base\": []}}"), NOW);
    assertThat(NetworkMap.fromJson(map.toJson())).isEqualTo(map);
    assertThat(NetworkMap.fromJson(first().toJson())).isEqualTo(first());
    NetworkMap real =
        NetworkMap.of(WireJson.decode(MapResponse.class, WireJsonTests.real("mape-00")), NOW);
    assertThat(NetworkMap.fromJson(real.toJson()).peersById()).isEqualTo(real.peersById());
  }

  @Test
  void aRecordedStreamOfARealHeadscaleIsMerged() throws Exception {
    NetworkMap map = null;
    StringBuilder story = new StringBuilder();
    for (int i = 0; i <= 16; i++) {
      MapResponse message =
          WireJson.decode(MapResponse.class, WireJsonTests.real("map-%02d".formatted(i)));
      NetworkMap before = map;
      map = before == null ? NetworkMap.of(message, NOW) : before.with(message, NOW);
      if (map == before) {
        continue;
      }
      story.append(map.self().name()).append(map.self().expired() ? " expired" : "");
      for (Node peer : map.peers()) {
        story
            .append(' ')
            .append(peer.id())
            .append(Boolean.TRUE.equals(peer.online()) ? "+" : "-")
            .append(peer.homeDerp());
      }
      story.append(" rules ").append(map.packetFilter().size()).append('\n');
    }
    assertThat(story.toString())
        .isEqualTo(
            """
            alpha.example.ts. rules 1
            alpha.example.ts. 2-0 rules 1
            alpha.example.ts. 2+0 rules 1
            alpha.example.ts. 2+999 rules 1
            alpha.example.ts. 2+999 rules 1
            alpha.example.ts. 2+999 3-0 rules 1
            alpha.example.ts. 2+999 3+0 rules 1
            alpha.example.ts. 2+999 rules 1
            alpha.example.ts. 2-999 rules 1
            alpha.example.ts. 2-999 rules 1
            newname.example.ts. 2-999 rules 1
            newname.example.ts. expired 2-999 rules 1
            """);
    assertThat(map.peersById().get(2L).endpoints())
        .containsExactly("192.0.2.3:41641", "198.51.100.3:41641");
    assertThat(map.derpMap().regions()).containsOnlyKeys("999");
    assertThat(map.packetFilter().getFirst().dstPorts())
        .extracting(NetPortRange::ports)
        .containsOnly(new PortRange(7777, 7777));
  }
}
