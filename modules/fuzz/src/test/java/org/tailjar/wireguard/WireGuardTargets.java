package org.tailjar.wireguard;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.PacketCiphers;
import org.tailjar.fuzz.FuzzTarget;
import org.tailjar.fuzz.Input;
import org.tailjar.packet.Path;

/** Handshake and transport messages. */
public final class WireGuardTargets {

  private static final Aead AEAD = PacketCiphers.choose();
  private static final AeadContext CONTEXT = AEAD.context();
  private static final int MTU = 1280;

  private WireGuardTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    Pair handshakes = new Pair();
    Pair transport = new Pair();
    return List.of(
        new FuzzTarget("wireguard-handshake", WireGuardTargets::handshakeSeeds, handshakes::shake),
        new FuzzTarget("wireguard-open", WireGuardTargets::openSeeds, transport::open));
  }

  private static NodePrivateKey key(int first) {
    byte[] key = new byte[32];
    key[0] = (byte) (8 * first);
    key[31] = 64;
    return NodePrivateKey.of(key);
  }

  /** Initiation, response, cookie reply and transport message between the keys of every run. */
  private static List<byte[]> handshakeSeeds() {
    Pair pair = new Pair();
    pair.peer.initiate(pair.peerOfPeer(), 0, pair.fromPeer);
    byte[] initiation = pair.fromPeer.sent.remove();
    pair.deliver(pair.own, initiation, pair.fromOwn);
    List<byte[]> seeds = new ArrayList<>();
    for (byte[] message :
        List.of(
            initiation,
            pair.fromOwn.sent.remove(),
            new Message.CookieReply(1, new byte[24], new byte[32]).encode())) {
      seeds.add(prefixed(message, 0, 0));
      seeds.add(prefixed(message, 1, 7));
    }
    return seeds;
  }

  private static List<byte[]> openSeeds() {
    return List.of(
        prefixed(new byte[0], 2, 0),
        prefixed(new byte[64], 1, 0),
        prefixed(new byte[100], 2, 0),
        prefixed(new byte[100], 3, 40));
  }

  private static byte[] prefixed(byte[] message, int first, int second) {
    return ByteBuffer.allocate(2 + message.length)
        .put((byte) first)
        .put((byte) second)
        .put(message)
        .array();
  }

  /** Where a message came from. */
  private record From(byte[] source) implements Path {
    @Override
    public int headroom() {
      return 0;
    }
  }

  private static final class Sent implements Output {
    private final Deque<byte[]> sent = new ArrayDeque<>();

    @Override
    public void send(Peer peer, byte[] message, @Nullable Path replyTo) {
      sent.add(message);
    }

    @Override
    public void reply(Path path, byte[] message) {
      sent.add(message);
    }

    @Override
    public void established(Peer peer) {}
  }

  /** Two ends with a session. */
  private static final class Pair {
    private final NodePrivateKey ownKey = key(1);
    private final NodePrivateKey peerKey = key(2);
    private final WireGuard own = end(ownKey, 1);
    private final WireGuard peer = end(peerKey, 2);
    private final Sent fromOwn = new Sent();
    private final Sent fromPeer = new Sent();
    private @Nullable Session sending;
    private long now;

    Pair() {
      own.add(peerKey.publicKey(), null);
      peer.add(ownKey.publicKey(), null);
    }

    private static WireGuard end(NodePrivateKey key, int seed) {
      return new WireGuard(key, AEAD, Timings.STANDARD, () -> Instant.EPOCH, new Random(seed));
    }

    private Peer peerOfPeer() {
      return found(peer.peer(ownKey.publicKey()));
    }

    private void connect() {
      peer.initiate(peerOfPeer(), now, fromPeer);
      deliver(own, fromPeer.sent.remove(), fromOwn);
      deliver(peer, fromOwn.sent.remove(), fromPeer);
      sending = found(peerOfPeer().sending(now));
    }

    private void deliver(WireGuard to, byte[] message, Sent out) {
      try (Arena arena = Arena.ofConfined()) {
        to.handshake(memory(arena, message), 0, message.length, null, now, out);
      }
    }

    /**
     * The first byte says whether the first MAC is made good, as anybody can, and whether there is
     * a source; the second how much later it is.
     */
    private void shake(byte[] bytes) {
      Input input = new Input(bytes);
      int mode = input.unsignedByte();
      now += input.unsignedByte() * 1_000_000L;
      byte[] message = input.rest();
      if ((mode & 1) != 0 && message.length >= 33) {
        new CookieGenerator(ownKey.publicKey(), Timings.STANDARD).addMacs(message, now);
      }
      Path path = (mode & 2) == 0 ? null : new From(new byte[] {127, 0, 0, (byte) mode});
      try (Arena arena = Arena.ofConfined()) {
        own.handshake(memory(arena, message), 0, message.length, path, now, fromOwn);
      }
      own.advance(now, fromOwn);
      fromOwn.sent.clear();
      check(own.peers().size() == 1, "another peer");
    }

    /**
     * Bytes as they are, with a good header, or sealed: then they must come out, if not changed.
     */
    private void open(byte[] bytes) {
      if (sending == null || !sending.canSend(now)) {
        connect();
      }
      Session from = found(sending);
      Input input = new Input(bytes);
      int mode = input.unsignedByte() & 3;
      int flipped = input.unsignedByte();
      byte[] content = input.take(MTU);
      try (Arena arena = Arena.ofConfined()) {
        byte[] header = sealed(arena, from, new byte[0]);
        byte[] message =
            switch (mode) {
              case 0 -> content;
              case 1 -> withHeader(header, content);
              default -> sealed(arena, from, content);
            };
        if (mode == 3) {
          message[flipped % message.length] ^= (byte) (1 << (flipped & 7));
        }
        MemorySegment memory = memory(arena, message);
        Session session =
            message.length < 8 ? null : own.session(memory.get(ValueLayout.JAVA_INT_UNALIGNED, 4));
        int length =
            session == null
                ? Session.FORGED
                : session.open(CONTEXT, memory, 0, message.length, now);
        if (mode == 2) {
          check(length >= content.length, "a good message was refused: " + length);
          byte[] opened = memory.asSlice(16, content.length).toArray(ValueLayout.JAVA_BYTE);
          check(Arrays.equals(opened, content), "not what was sealed");
          own.opened(found(session), length, now, fromOwn);
          fromOwn.sent.clear();
        } else {
          check(length < 0, "a forged message was opened");
        }
      }
    }

    private static byte[] withHeader(byte[] header, byte[] content) {
      byte[] message = Arrays.copyOf(header, 16 + content.length);
      System.arraycopy(content, 0, message, 16, content.length);
      return message;
    }

    private static byte[] sealed(Arena arena, Session session, byte[] content) {
      MemorySegment plain = arena.allocate(content.length + 16);
      MemorySegment.copy(content, 0, plain, ValueLayout.JAVA_BYTE, 0, content.length);
      MemorySegment message = arena.allocate(content.length + 16 + Session.OVERHEAD);
      long counter = session.reserve(1);
      int length = session.seal(CONTEXT, counter, plain, 0, content.length, MTU, message, 0);
      return message.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /** Just as long as the message, so that a read past it is seen. */
  private static MemorySegment memory(Arena arena, byte[] message) {
    MemorySegment memory = arena.allocate(message.length);
    MemorySegment.copy(message, 0, memory, ValueLayout.JAVA_BYTE, 0, message.length);
    return memory;
  }

  private static <T> T found(@Nullable T value) {
    if (value == null) {
      throw new AssertionError("it is not there");
    }
    return value;
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
