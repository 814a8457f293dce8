package org.tailjar.tailnet;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
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
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
