package org.tailjar.magicsock;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.fuzz.FuzzTarget;

/** Every datagram that a socket gets. */
public final class MagicsockTargets {

  private static final DiscoPrivateKey OWN = DiscoPrivateKey.of(key(1));
  private static final DiscoPrivateKey PEER = DiscoPrivateKey.of(key(2));
  private static final DiscoBox BOX = new DiscoBox(OWN, PEER.publicKey());

  private MagicsockTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    return List.of(
        new FuzzTarget("stun", MagicsockTargets::stunSeeds, MagicsockTargets::stun),
        new FuzzTarget("disco", MagicsockTargets::discoSeeds, MagicsockTargets::disco),
        new FuzzTarget("datagram", MagicsockTargets::datagramSeeds, MagicsockTargets::datagram),
        new FuzzTarget("peer-paths", PathsTarget::seeds, PathsTarget::run));
  }

  private static byte[] key(int first) {
    byte[] key = new byte[32];
    key[0] = (byte) (8 * first);
    key[31] = 64;
    return key;
  }

  private static List<byte[]> stunSeeds() {
    // Written by hand after a real answer: a mapped address behind the mask, and a plain one.
    String v4 = "010100182112a4424fd5d202dcb37d31fc773306002000140002cd3d2112a4424fd5d202dcb382ce";
    String plain = "0101000c2112a4424fd5d202dcb37d31fc7733060001000800011f90c0000207";
    return Stream.of(v4 + "4e9c3306", plain).map(HexFormat.of()::parseHex).toList();
  }

  private static void stun(byte[] bytes) {
    Stun.Response response = Stun.parse(bytes);
    check(response == null || response.mapped().getAddress() != null, "an answer without address");
  }

  private static List<byte[]> discoSeeds() {
    TransactionId id = TransactionId.random(new Random(1));
    InetSocketAddress v4 = WireAddress.of(new byte[] {(byte) 192, 0, 2, 1}, 41641);
    InetSocketAddress v6 = WireAddress.of(new byte[16], 1);
    return List.of(
        new Disco.Ping(id, null).encode(),
        new Disco.Ping(id, NodePublicKey.of(key(3))).encode(),
        new Disco.Pong(id, v4).encode(),
        new Disco.CallMeMaybe(List.of(v4, v6)).encode());
  }

  /** What is understood is written again as it came, as far as it was understood. */
  private static void disco(byte[] bytes) {
    Disco message = Disco.parse(bytes);
    if (message == null) {
      return;
    }
    if (message instanceof Disco.CallMeMaybe call) {
      check(call.endpoints().size() <= Disco.MAX_ENDPOINTS, "too many endpoints");
    }
    byte[] again = message.encode();
    check(again.length <= bytes.length, "more than came");
    check(Arrays.equals(again, 2, again.length, bytes, 2, again.length), "not what came");
    check(message.equals(BOX.open(new DiscoBox(PEER, OWN.publicKey()).seal(message))), "sealed");
  }

  private static List<byte[]> datagramSeeds() {
    byte[] wireGuard = new byte[148];
    wireGuard[0] = 1;
    DiscoBox peer = new DiscoBox(PEER, OWN.publicKey());
    return Stream.concat(
            Stream.of(wireGuard),
            Stream.concat(
                stunSeeds().stream(), discoSeeds().stream().map(seed -> peer.seal(parsed(seed)))))
        .toList();
  }

  private static Disco parsed(byte[] seed) {
    Disco message = Disco.parse(seed);
    if (message == null) {
      throw new AssertionError("a seed that cannot be read");
    }
    return message;
  }

  private static void datagram(byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(Math.max(1, bytes.length));
      MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
      switch (Datagrams.kind(memory, 0, bytes.length)) {
        case STUN -> stun(bytes);
        case DISCO -> {
          DiscoBox.sender(bytes);
          BOX.open(bytes);
        }
        case WIREGUARD, UNKNOWN -> {}
      }
    }
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
