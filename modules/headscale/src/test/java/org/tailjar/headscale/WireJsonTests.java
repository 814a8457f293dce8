package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;

/** What a real headscale 0.29.2 sent is in the files under {@code real}. */
class WireJsonTests {

  static byte[] real(String name) {
    try (InputStream in = WireJsonTests.class.getResourceAsStream("real/" + name + ".json")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static <T> T decode(Class<T> type, String json) throws ControlException {
    return WireJson.decode(type, json.getBytes(StandardCharsets.UTF_8));
  }

  private static String encode(Object message) {
    return new String(WireJson.encode(message), StandardCharsets.UTF_8);
  }

  @Test
  void theRealKeyAnswerIsRead() throws Exception {
    ServerKeys keys = WireJson.decode(ServerKeys.class, real("key"));
    assertThat(keys.publicKey().isZero()).isFalse();
  }

  @Test
  void theRealFirstMapIsRead() throws Exception {
    MapResponse map = WireJson.decode(MapResponse.class, real("mape-00"));
    assertThat(map.node().name()).isEqualTo("gamma.example.ts.");
    assertThat(map.node().stableId()).isEqualTo("3");
    assertThat(map.node().addresses()).containsExactly("100.64.0.3/32", "fd7a:115c:a1e0::3/128");
    assertThat(map.node().capMap()).containsEntry("default-auto-update", List.of(false));
    assertThat(map.node().keyExpiry()).isNull();
    assertThat(map.peers()).hasSize(2);
    assertThat(map.peers().getFirst().homeDerp()).isEqualTo(999);
    assertThat(map.peers().getFirst().hostinfo().netInfo().derpLatency())
        .isEqualTo(Map.of("999-v4", 0.002));
    DerpNodeWire relay = map.derpMap().regions().get("999").nodes().getFirst();
    assertThat(relay.hostName()).isEqualTo("127.0.0.1");
    assertThat(relay.derpPort()).isPositive();
    assertThat(map.dnsConfig().proxied()).isTrue();
    assertThat(map.dnsConfig().domains()).containsExactly("example.ts");
    assertThat(map.dnsConfig().extraRecords())
        .containsExactly(new DnsRecord("extra.example.ts", "A", "100.64.9.9"));
    assertThat(map.packetFilters().get("base").getFirst().dstPorts().getFirst().ports())
        .isEqualTo(new PortRange(7777, 7777));
    assertThat(map.controlTime()).isAfter(Instant.parse("2026-01-01T00:00:00Z"));
    assertThat(map.userProfiles()).extracting(UserProfile::loginName).containsExactly("u1");
  }

  @ParameterizedTest
  @CsvSource({
    "register-authkey,          Registered",
    "register-restart,          Registered",
    "register-login,            NeedsLogin",
    "register-used,             Rejected",
    "register-expired,          Rejected",
    "register-invalid,          Rejected",
    "register-garbagekey,       Rejected",
    "register-foreign,          Rejected",
    "register-logout,           KeyExpired",
    "register-logout-ephemeral, KeyExpired",
    "register-after-logout,     KeyExpired",
  })
  void theRealRegistrationsAreUnderstood(String file, String outcome) throws Exception {
    Registration registration = WireJson.decode(RegisterResponse.class, real(file)).outcome();
    assertThat(registration.getClass().getSimpleName()).isEqualTo(outcome);
    if (registration instanceof Registration.Rejected rejected) {
      assertThat(rejected.isAuthKeyFault()).isEqualTo(!file.equals("register-foreign"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "invalid authkey,                      true",
    "invalid pre auth key,                 true",
    "authkey expired,                      true",
    "authkey already used,                 true",
    "auth-key has already been used,       true",
    "auth-key not found: record not found, true",
    "node exists with a different machine key, false",
    "internal server error,                false",
    "requested tags are invalid or not permitted, false",
  })
  void errorsThatAnotherAuthKeyWouldMendAreKnown(String error, boolean fault) {
    assertThat(new Registration.Rejected(error).isAuthKeyFault()).isEqualTo(fault);
  }

  @Test
  void goZeroTimesAndEmptyStringsAreNone() throws Exception {
    Node node =
        decode(
            Node.class,
            """
            {"ID": 1, "KeyExpiry": "0001-01-01T00:00:00Z", "DiscoKey": "", "Online": null,
             "LastSeen": "2026-11-23T20:21:54.5+01:00"}
            """);
    assertThat(node.keyExpiry()).isNull();
    assertThat(node.discoKey()).isNull();
    assertThat(node.online()).isNull();
    assertThat(node.lastSeen()).isEqualTo(Instant.parse("2026-11-23T19:21:54.5Z"));
    assertThat(node.key()).isEqualTo(NodePublicKey.ZERO);
    assertThat(node.addresses()).isEmpty();
    assertThat(node.allowedIps()).isNull();
  }

  @Test
  void unknownFieldsOfEveryShapeAreIgnored() throws Exception {
    MapResponse message =
        decode(
            MapResponse.class,
            """
            {"New": {"a": [1, {"b": null}], "c": "\\"]}"}, "KeepAlive": true, "Other": [[], {}],
             "SSHPolicy": {"rules": [{"action": {"accept": true}}]}, "Numbers": -1.5e300,
             "TKAInfo": null, "Flag": false}
            """);
    assertThat(message.keepAlive()).isTrue();
  }

  @Test
  void aNullElementSaysNothingAndANullValueRemoves() throws Exception {
    MapResponse message =
        decode(
            MapResponse.class,
            """
            {"PeersRemoved": [1, null, 2], "PacketFilters": {"*": null, "base": []},
             "DERPMap": {"Regions": {"1": null}}}
            """);
    assertThat(message.peersRemoved()).containsExactly(1L, 2L);
    assertThat(message.packetFilters()).containsEntry("*", null).containsEntry("base", List.of());
    assertThat(message.derpMap().regions()).containsEntry("1", null);
  }

  @Test
  void aRegistrationIsWrittenAsGoReadsIt() {
    NodePublicKey key = NodePrivateKey.generate().publicKey();
    String json =
        encode(
            new RegisterRequest(
                119,
                key,
                NodePublicKey.ZERO,
                new RegisterAuth("hskey-auth-test"),
                null,
                null,
                Hostinfo.of("alpha").withVersion("0.1.0")));
    assertThat(json)
        .isEqualTo(
            "{\"Version\":119,\"NodeKey\":\"%s\",\"OldNodeKey\":\"nodekey:%s\","
                + "\"Auth\":{\"AuthKey\":\"hskey-auth-test\"},"
                + "\"Hostinfo\":{\"IPNVersion\":\"0.1.0\",\"OS\":\"linux\",\"Hostname\":\"alpha\"}}",
            key, "0".repeat(64));
  }

  @Test
  void aMapRequestIsWrittenAsGoReadsIt() {
    NodePublicKey key = NodePrivateKey.generate().publicKey();
    DiscoPublicKey disco = DiscoPrivateKey.generate().publicKey();
    LocalState local =
        new LocalState(
            0,
            Hostinfo.of("alpha"),
            List.of("192.0.2.1:41641", "[2001:db8::1]:41641"),
            List.of(EndpointType.LOCAL, EndpointType.STUN));
    String json = new String(local.mapRequest(key, disco, true), StandardCharsets.UTF_8);
    assertThat(json)
        .isEqualTo(
            "{\"Version\":119,\"Compress\":\"\",\"KeepAlive\":true,\"NodeKey\":\"%s\","
                + "\"DiscoKey\":\"%s\",\"Stream\":true,"
                + "\"Hostinfo\":{\"OS\":\"linux\",\"Hostname\":\"alpha\"},"
                + "\"Endpoints\":[\"192.0.2.1:41641\",\"[2001:db8::1]:41641\"],"
                + "\"EndpointTypes\":[1,2],\"OmitPeers\":false}",
            key, disco);
  }

  @Test
  void theAuthKeyIsInNoTextForm() {
    RegisterRequest request =
        new RegisterRequest(
            119,
            NodePublicKey.ZERO,
            NodePublicKey.ZERO,
            new RegisterAuth("hskey-auth-secret"),
            null,
            null,
            null);
    assertThat(request.toString()).doesNotContain("secret");
    assertThat(AuthKey.of("hskey-auth-secret").toString()).doesNotContain("secret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "{\"Node\":",
        "{\"Node\":[]}",
        "{\"Peers\":{}}",
        "\"text\"",
        "{\"ControlTime\":\"yesterday\"}",
        "{\"Node\":{\"Key\":\"nodekey:00\"}}",
        "{\"PeersRemoved\":[\"x\"]}",
        "{\"KeepAlive\":tru",
        "\u0000"
      })
  void whatIsNoMessageIsAnErrorInOneSentence(String json) {
    assertThatExceptionOfType(ControlException.class)
        .isThrownBy(() -> decode(MapResponse.class, json))
        .withMessageStartingWith("the server sent");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"Later\":", "{\"Node\":{\"CapMap\":{\"a\":"})
  void nestingThatWouldOverflowTheStackIsRefused(String beginning) {
    assertThatExceptionOfType(ControlException.class)
        .isThrownBy(() -> decode(MapResponse.class, beginning + "[".repeat(100_000)))
        .withMessageContaining("nested");
  }

  @Test
  void bracketsInTextAreNoNesting() throws Exception {
    String json = "{\"Domain\":\"" + "\\\"[".repeat(200) + "\"}";
    assertThat(decode(MapResponse.class, json).domain()).hasSize(400);
  }

  @Test
  void aDamagedMessageIsReadOrRefusedButNothingElse() {
    byte[] original = real("map-08");
    for (int seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      byte[] damaged = original.clone();
      for (int i = 0; i <= random.nextInt(4); i++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(4) == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      }
      try {
        WireJson.decode(MapResponse.class, damaged);
      } catch (ControlException e) {
        assertThat(e).hasMessageStartingWith("the server sent");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "\\ud800, \uFFFD",
    "\\uDFFF, \uFFFD",
    "x\\uDE00\\ud83d, x\uFFFD\uFFFD",
    "\\ud800\\n, '\uFFFD\n'",
    "\\ud800\\ud83d\\ude00, \uFFFD\uD83D\uDE00",
    "\\ud83d\\ude00, \uD83D\uDE00",
    "\\\\ud800, \\ud800",
    "\\\\\\ud800, \\\uFFFD",
    "\uD83D\uDE00, \uD83D\uDE00",
  })
  void halfASurrogatePairIsReplacedSoThatTheMapCanBeSaved(String sent, String read)
      throws Exception {
    String json =
        "{\"Node\":{\"ID\":1,\"Name\":\"%s\",\"Key\":\"nodekey:%s\"},\"Health\":[\"%s\"]}"
            .formatted(sent, "11".repeat(32), sent);
    NetworkMap map = NetworkMap.of(decode(MapResponse.class, json), Instant.EPOCH);
    assertThat(map.self().name()).isEqualTo(read);
    assertThat(NetworkMap.fromJson(map.toJson())).isEqualTo(map);
  }

  @Test
  void aSurrogateInUtf8IsReplacedToo() throws Exception {
    byte[] json = "{\"Domain\":\"a###b\"}".getBytes(StandardCharsets.UTF_8);
    System.arraycopy(new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80}, 0, json, 12, 3);
    assertThat(WireJson.decode(MapResponse.class, json).domain()).isEqualTo("a\uFFFDb");
  }

  @Test
  void aLaterMessageCannotTakeThisNodesKeyAway() throws Exception {
    NetworkMap map =
        NetworkMap.of(WireJson.decode(MapResponse.class, real("map-00")), Instant.EPOCH);
    MapResponse keyless = decode(MapResponse.class, "{\"Node\":{\"ID\":1}}");
    assertThat(map.with(keyless, Instant.EPOCH).self()).isEqualTo(map.self());
  }
}
