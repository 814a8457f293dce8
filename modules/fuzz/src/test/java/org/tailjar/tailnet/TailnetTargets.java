package org.tailjar.tailnet;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.tailjar.crypto.Blake2s;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.filter.PacketFilter;
import org.tailjar.fuzz.FuzzTarget;
import org.tailjar.fuzz.Recorded;
import org.tailjar.headscale.ControlException;
import org.tailjar.headscale.MapResponse;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.WireJson;

/** The state on disk, and what becomes of a network map. */
public final class TailnetTargets {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final NodeIdentity IDENTITY =
      new NodeIdentity(
          "https://headscale.example.com",
          MachinePrivateKey.of(key(1)),
          NodePrivateKey.of(key(2)),
          true);

  private TailnetTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    return List.of(
        new FuzzTarget("node-identity", TailnetTargets::identitySeeds, TailnetTargets::identity),
        new FuzzTarget("incumbent-state", TailnetTargets::incumbentSeeds, TailnetTargets::takeOver),
        new FuzzTarget("saved-map", TailnetTargets::savedSeeds, TailnetTargets::saved),
        new FuzzTarget("map-use", () -> Recorded.messages("map"), TailnetTargets::use));
  }

  private static byte[] key(int first) {
    byte[] key = new byte[32];
    key[0] = (byte) (8 * first);
    key[31] = 64;
    return key;
  }

  private static List<byte[]> identitySeeds() {
    byte[] whole = IDENTITY.encode();
    String text = new String(whole, StandardCharsets.UTF_8);
    byte[] body = text.substring(0, text.lastIndexOf("checksum")).getBytes(StandardCharsets.UTF_8);
    return List.of(whole, body);
  }

  /** As it is, and with the right checksum below it. */
  private static void identity(byte[] bytes) {
    decode(bytes);
    String body = new String(bytes, StandardCharsets.UTF_8);
    String checksum = HexFormat.of().formatHex(Blake2s.hash(body.getBytes(StandardCharsets.UTF_8)));
    decode((body + "checksum " + checksum + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static void decode(byte[] bytes) {
    NodeIdentity identity;
    try {
      identity = NodeIdentity.decode(bytes);
    } catch (NodeIdentity.MalformedException e) {
      String message = String.valueOf(e.getMessage());
      check(message.chars().noneMatch(Character::isISOControl), "a message of several lines");
      return;
    }
    try {
      check(NodeIdentity.decode(identity.encode()).equals(identity), "changed by saving");
    } catch (NodeIdentity.MalformedException e) {
      throw new AssertionError("cannot be read after saving", e);
    }
  }

  private static List<byte[]> incumbentSeeds() {
    String preferences =
        """
        {"ControlURL": "%s", "LoggedOut": false, "Config": {"PrivateNodeKey": "%s"}}\
        """
            .formatted(IDENTITY.serverUrl(), IDENTITY.nodeKey().secretText());
    String file =
        """
        {"_machinekey": "%s", "_current-profile": "%s", "profile-1": "%s", "profile-2": "%3$s"}\
        """
            .formatted(
                base64(IDENTITY.machineKey().secretText()),
                base64("profile-1"),
                base64(preferences));
    return Stream.of(
            file,
            preferences,
            "{\"key\": {\"Public\": \"AA==\"}, \"nonce\": \"AA==\", \"data\": \"\"}")
        .map(text -> text.getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** As a file, and as the preferences of a login in a good one. */
  private static void takeOver(byte[] bytes) {
    decodeIncumbent(bytes);
    String file =
        """
        {"_machinekey": "%s", "_current-profile": "%s", "profile-1": "%s"}\
        """
            .formatted(
                base64(IDENTITY.machineKey().secretText()),
                base64("profile-1"),
                Base64.getEncoder().encodeToString(bytes));
    decodeIncumbent(file.getBytes(StandardCharsets.UTF_8));
  }

  private static void decodeIncumbent(byte[] bytes) {
    try {
      IncumbentState found = IncumbentState.decode(bytes, IDENTITY.serverUrl());
      check(found.belongsTo(IDENTITY.serverUrl()), "of another server");
      check(!found.serverName().isEmpty(), "no name");
    } catch (NodeIdentity.MalformedException e) {
      String message = String.valueOf(e.getMessage());
      check(message.chars().noneMatch(Character::isISOControl), "a message of several lines");
      check(!message.contains("privkey"), "a secret");
    }
  }

  private static List<byte[]> savedSeeds() throws IOException {
    MapResponse first = WireJson.decode(MapResponse.class, Recorded.messages("map-00").getFirst());
    byte[] json = NetworkMap.of(first, NOW).toJson();
    return List.of(json, MapFile.encode(json));
  }

  /** As a file, and as what a good file holds. */
  private static void saved(byte[] bytes) {
    try {
      check(Arrays.equals(MapFile.encode(MapFile.decode(bytes)), bytes), "another file");
    } catch (NodeIdentity.MalformedException e) {
      String message = String.valueOf(e.getMessage());
      check(message.chars().noneMatch(Character::isISOControl), "a message of several lines");
    }
    try {
      byte[] json = MapFile.decode(MapFile.encode(bytes));
      check(Arrays.equals(json, bytes), "not what was saved");
      NetworkMap.fromJson(json).self();
    } catch (ControlException e) {
      // As promised.
    } catch (NodeIdentity.MalformedException e) {
      throw new AssertionError("a good file was refused", e);
    }
  }

  /** All that a node does with a map before the parts that act on it see it. */
  private static void use(byte[] bytes) throws IOException {
    NetworkMap map;
    try {
      MapResponse first =
          WireJson.decode(MapResponse.class, Recorded.messages("map-00").getFirst());
      map = NetworkMap.of(first, NOW).with(WireJson.decode(MapResponse.class, bytes), NOW);
    } catch (ControlException e) {
      return;
    }
    MapTranslation.relays(map.derpMap());
    MapTranslation.routes(map, true, NOW);
    PacketFilter.compile(
        MapTranslation.rules(map.packetFilter()), MapTranslation.prefixes(map.self().addresses()));
    map.peers().forEach(MapTranslation::path);
    map.peers().forEach(peer -> MapTranslation.allowedIps(peer, true));
    StatusReport.addresses(map.self());
    DnsTranslation.wantsDns(map, NOW);
    DnsTranslation.names(map, Set.of("headscale.example.com"));
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
