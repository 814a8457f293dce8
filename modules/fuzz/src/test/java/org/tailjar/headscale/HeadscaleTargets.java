package org.tailjar.headscale;

import io.avaje.json.JsonException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.tailjar.fuzz.FuzzTarget;
import org.tailjar.fuzz.Input;
import org.tailjar.fuzz.Recorded;

/** Everything that the control server says. */
public final class HeadscaleTargets {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final byte[] KEY = new byte[32];
  private static final byte[] MAGIC = {-1, -1, -1, 'T', 'S'};

  private HeadscaleTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    return List.of(
        new FuzzTarget("noise-records", HeadscaleTargets::noiseSeeds, HeadscaleTargets::noise),
        new FuzzTarget("early-payload", HeadscaleTargets::earlySeeds, HeadscaleTargets::early),
        new FuzzTarget("map-frames", HeadscaleTargets::frameSeeds, HeadscaleTargets::frames),
        new FuzzTarget("map-response", () -> Recorded.messages("map"), HeadscaleTargets::map),
        new FuzzTarget("map-sequence", HeadscaleTargets::sequenceSeeds, HeadscaleTargets::sequence),
        new FuzzTarget(
            "register-response", HeadscaleTargets::registerSeeds, HeadscaleTargets::register),
        new FuzzTarget("http1-answer", HeadscaleTargets::httpSeeds, HeadscaleTargets::http),
        new FuzzTarget("server-url", HeadscaleTargets::urlSeeds, HeadscaleTargets::url));
  }

  private static List<byte[]> noiseSeeds() {
    byte[] raw = new NoiseSender(KEY).seal(new byte[100], 0, 100);
    return List.of(
        concatenate(new byte[] {0, 0, 7}, raw),
        concatenate(new byte[] {1, 0, 7}, new byte[5000]),
        concatenate(new byte[] {2, 9, 7}, new byte[300]));
  }

  /** Bytes as they are; or sealed, which come out again; or sealed and one bit flipped. */
  private static void noise(byte[] bytes) {
    Input input = new Input(bytes);
    int mode = input.unsignedByte();
    int place = input.unsignedByte();
    int piece = 1 + input.unsignedByte();
    byte[] plaintext = input.rest();
    byte[] stream =
        mode == 0 ? plaintext : new NoiseSender(KEY).seal(plaintext, 0, plaintext.length);
    boolean forged = mode == 2 && stream.length > 0;
    if (forged) {
      stream[place % stream.length] ^= (byte) (1 << (place & 7));
    }
    NoiseReceiver receiver = new NoiseReceiver(KEY);
    ByteArrayOutputStream opened = new ByteArrayOutputStream();
    try {
      for (int at = 0; at < stream.length; at += piece) {
        opened.writeBytes(receiver.open(stream, at, Math.min(piece, stream.length - at)));
      }
    } catch (NoiseException e) {
      check(mode != 1, "a good record was refused");
      return;
    }
    check(mode != 1 || Arrays.equals(opened.toByteArray(), plaintext), "not what was sealed");
    check(!forged || !receiver.atBoundary() || opened.size() < plaintext.length, "forged");
  }

  private static List<byte[]> earlySeeds() {
    byte[] json = "{\"nodeKeyChallenge\":\"chalpub:00\"}".getBytes(StandardCharsets.US_ASCII);
    byte[] head = ByteBuffer.allocate(9).put(MAGIC).putInt(json.length).array();
    return List.of(
        concatenate(new byte[] {50}, head, json, HexFormat.of().parseHex("000012040000000000")),
        concatenate(new byte[] {3}, HexFormat.of().parseHex("000012040000000000")));
  }

  private static void early(byte[] bytes) {
    Input input = new Input(bytes);
    int piece = 1 + input.unsignedByte();
    EarlyPayload payload = new EarlyPayload();
    int given = 0;
    int released = 0;
    try {
      while (!input.isEmpty()) {
        byte[] next = input.take(piece);
        given += next.length;
        released += payload.strip(next).length;
      }
    } catch (NoiseException e) {
      return;
    }
    byte[] json = payload.json();
    check(json == null || released == given - json.length - 9, "bytes were lost");
  }

  private static List<byte[]> frameSeeds() throws IOException {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    for (byte[] message : Recorded.messages("map").subList(0, 2)) {
      both.writeBytes(
          ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(message.length).array());
      both.writeBytes(message);
    }
    return List.of(both.toByteArray(), HexFormat.of().parseHex("020000007b7d00000000"));
  }

  private static void frames(byte[] bytes) {
    ByteArrayInputStream in = new ByteArrayInputStream(bytes);
    int total = 0;
    try {
      for (byte[] body = MapFrames.read(in); body != null; body = MapFrames.read(in)) {
        total += 4 + body.length;
      }
    } catch (IOException e) {
      return;
    }
    check(total == bytes.length, "bytes were lost");
  }

  /** As the first message, as one that changes another map, and as the map saved on disk. */
  private static void map(byte[] bytes) throws IOException {
    MapResponse message;
    try {
      message = WireJson.decode(MapResponse.class, bytes);
    } catch (ControlException e) {
      return;
    }
    NetworkMap map = base().with(message, NOW);
    use(map);
    use(map.with(message, NOW));
    try {
      use(NetworkMap.of(message, NOW));
    } catch (ControlException e) {
      // It names no node.
    }
    byte[] json;
    try {
      json = map.toJson();
    } catch (JsonException e) {
      // Half a surrogate pair, as promised.
      return;
    }
    NetworkMap saved = NetworkMap.fromJson(json);
    check(saved.peersById().keySet().equals(map.peersById().keySet()), "other peers were saved");
    check(saved.packetFilter().equals(map.packetFilter()), "the saved map has another filter");
  }

  private static List<byte[]> sequenceSeeds() {
    byte[] inOrder = new byte[3 * 17];
    byte[] mixed = new byte[120];
    for (int i = 0; i < inOrder.length; i += 3) {
      inOrder[i] = (byte) (i / 3);
    }
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = (byte) (101 * i);
    }
    return List.of(inOrder, mixed);
  }

  /** Recorded messages one after the other, some with a byte changed: three bytes say which. */
  private static void sequence(byte[] bytes) throws IOException {
    List<byte[]> recorded = Recorded.messages("map");
    NetworkMap map = base();
    Set<Long> told = new HashSet<>(map.peersById().keySet());
    Input input = new Input(bytes);
    for (int i = 0; i < 64 && !input.isEmpty(); i++) {
      byte[] json = recorded.get(input.unsignedByte() % recorded.size()).clone();
      int place = input.unsignedByte();
      int change = input.unsignedByte();
      for (int at = place; change != 0 && at < json.length; at += 256) {
        json[at] ^= (byte) (json[at] >= '0' && json[at] <= '9' ? change & 7 : 0);
      }
      MapResponse message;
      try {
        message = WireJson.decode(MapResponse.class, json);
      } catch (ControlException e) {
        continue;
      }
      map = map.with(message, NOW);
      use(map);
      Stream.of(message.peers(), message.peersChanged())
          .filter(Objects::nonNull)
          .flatMap(List::stream)
          .forEach(peer -> told.add(peer.id()));
      check(told.containsAll(map.peersById().keySet()), "a peer that nobody named");
      map.peersById().forEach((id, peer) -> check(id == peer.id(), "a peer in another's place"));
    }
    check(
        NetworkMap.fromJson(map.toJson()).peersById().keySet().equals(map.peersById().keySet()),
        "other peers were saved");
  }

  private static NetworkMap base() throws IOException {
    return NetworkMap.of(
        WireJson.decode(MapResponse.class, Recorded.messages("map-00").getFirst()), NOW);
  }

  private static void use(NetworkMap map) {
    map.packetFilter();
    map.peers().forEach(peer -> map.isExpired(peer, NOW));
  }

  private static List<byte[]> registerSeeds() throws IOException {
    return Stream.concat(Recorded.messages("register").stream(), Recorded.messages("key").stream())
        .toList();
  }

  private static void register(byte[] bytes) {
    try {
      RegisterResponse response = WireJson.decode(RegisterResponse.class, bytes);
      Registration outcome = response.outcome();
      if (outcome instanceof Registration.Rejected rejected) {
        rejected.isAuthKeyFault();
      }
    } catch (ControlException e) {
      // As promised.
    }
    try {
      WireJson.decode(ServerKeys.class, bytes);
    } catch (ControlException e) {
      // As promised.
    }
  }

  private static List<byte[]> httpSeeds() {
    return Stream.of(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: tailscale-control-protocol\r\n"
                + "Connection: upgrade\r\n\r\nbeyond",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 No\r\nRetry-After: 5\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "HTTP/1.0 404 Not Found\r\nRetry-After: Sun, 01 Mar 2026 12:00:00 GMT\r\n\r\nnone")
        .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
        .toList();
  }

  private static void http(byte[] bytes) {
    try {
      Http1Response response =
          Http1Exchange.send(
              new ByteArrayInputStream(bytes),
              new ByteArrayOutputStream(),
              "GET",
              "/key?v=1",
              "localhost",
              Map.of());
      check(response.body().length <= Http1Exchange.MAX_BODY_LENGTH, "a long body");
      check(response.excerpt().indexOf('\n') < 0, "an excerpt of several lines");
      RetryAfter.of(429, response.header("retry-after"), NOW);
    } catch (IOException e) {
      // As promised.
    }
  }

  private static List<byte[]> urlSeeds() {
    return Stream.of(
            "https://headscale.example.com",
            "http://[fd00::1]:8080/path/",
            "http://head_scale:8080",
            "https://user:password@example.com/?a#b")
        .map(text -> text.getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  private static void url(byte[] bytes) {
    try {
      ServerUrl url = ServerUrl.parse(new String(bytes, StandardCharsets.UTF_8));
      check(url.port() > 0 && url.port() < 65_536, "a port out of range");
    } catch (IllegalArgumentException e) {
      // As promised.
    }
  }

  private static byte[] concatenate(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
