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
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
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
    Pair batches = new Pair();
    return List.of(
        new FuzzTarget("wireguard-handshake", WireGuardTargets::handshakeSeeds, handshakes::shake),
        new FuzzTarget("wireguard-open", WireGuardTargets::openSeeds, transport::open),
        new FuzzTarget("wireguard-batch", WireGuardTargets::batchSeeds, batches::openBatch));
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

  /** A batch's shape, and what is done to it; see {@link Pair#openBatch}. */
  private static List<byte[]> batchSeeds() {
    return List.of(
        new byte[] {0, 0, 0, 0, 0, 0, 0},
        new byte[] {63, 5, 0, 5, 0, 0, 0},
        new byte[] {15, 4, -1, 0, 1, 8, 0},
        new byte[] {20, 0, 64, 0, 40, 0, 17},
        new byte[] {9, 1, 0, 0, 9, 3, 0, 0, 4, 0, 40, 1, 5, 6},
        new byte[] {40, 0, 100, 0, 100, 0, 0, 1, 0, 40, 1, 40, 0, 0, 7, 0, 9});
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
    private final BatchOpener opener = new BatchOpener(CONTEXT);
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
          opened(own, found(session), length, now, fromOwn);
          fromOwn.sent.clear();
        } else {
          check(length < 0, "a forged message was opened");
        }
      }
    }

    /**
     * A batch of the peer's messages of which some are changed or put in the place of others. Those
     * that are as they were come out, the first time that they come.
     */
    private void openBatch(byte[] bytes) {
      if (sending == null || !sending.canSend(now)) {
        connect();
      }
      Session from = found(sending);
      Input input = new Input(bytes);
      int count = 1 + input.unsignedByte() % BatchOpener.MOST_MESSAGES;
      int packet = input.unsignedShort() % (MTU + 1);
      int length = Session.sealedLength(packet, MTU);
      int lastLength = Session.sealedLength(input.unsignedShort() % (packet + 1), MTU);
      int stride = length + (input.unsignedByte() & 15);
      int cut = Math.min(lastLength, input.unsignedByte());
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment memory = arena.allocate((count - 1L) * stride + lastLength);
        for (int i = 0; i < memory.byteSize(); i++) {
          memory.set(ValueLayout.JAVA_BYTE, i, (byte) (i / stride + i));
        }
        List<byte[]> packets = slices(memory, 16, stride, length - 32, lastLength - 32, count);
        long[] counters =
            LongStream.iterate(from.reserve(count), n -> n + 1).limit(count).toArray();
        from.sealAll(CONTEXT, counters, count, memory, 0, stride, length, lastLength);
        List<byte[]> sealed = slices(memory, 0, stride, length, lastLength, count);
        int index = memory.get(ValueLayout.JAVA_INT_UNALIGNED, 4);
        damage(input, memory, stride, length, lastLength, count);
        int lastTold = lastLength - cut;
        // Just as long as what was received, so that a read past it is seen.
        MemorySegment received = arena.allocate((count - 1L) * stride + lastTold);
        received.copyFrom(memory.asSlice(0, received.byteSize()));
        List<byte[]> messages = slices(received, 0, stride, length, lastTold, count);
        Session session = found(own.session(index));
        opener.open(session, received, 0, stride, length, lastTold, count, now);
        List<byte[]> opened = slices(received, 16, stride, length - 32, lastTold - 32, count);
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < count; i++) {
          int original = indexOf(sealed, messages.get(i));
          int result = opener.result(i);
          if (original < 0) {
            check(result < 0, "a forged message was opened");
          } else if (!seen.add(original)) {
            check(result == Session.REPLAYED, "a message was opened twice: " + result);
          } else {
            check(result == packets.get(original).length, "a good message was refused: " + result);
            check(Arrays.equals(opened.get(i), packets.get(original)), "not what was sealed");
            opened(own, session, result, now, fromOwn);
          }
        }
        fromOwn.sent.clear();
      }
    }

    /** Flips bits, and copies messages over others. */
    private static void damage(
        Input input, MemorySegment memory, int stride, int length, int lastLength, int count) {
      while (!input.isEmpty()) {
        boolean copies = (input.unsignedByte() & 1) != 0;
        int message = input.unsignedByte() % count;
        int size = message == count - 1 ? lastLength : length;
        long at = (long) message * stride;
        if (copies) {
          int other = input.unsignedByte() % count;
          int most = other == count - 1 ? lastLength : length;
          MemorySegment.copy(memory, at, memory, (long) other * stride, Math.min(size, most));
        } else {
          int where = input.unsignedShort();
          long flipped = at + where % size;
          byte before = memory.get(ValueLayout.JAVA_BYTE, flipped);
          memory.set(ValueLayout.JAVA_BYTE, flipped, (byte) (before ^ 1 << (where >>> 13)));
        }
      }
    }

    private static List<byte[]> slices(
        MemorySegment memory, long offset, int stride, int length, int lastLength, int count) {
      List<byte[]> slices = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int size = Math.max(0, i == count - 1 ? lastLength : length);
        long at = Math.min(offset + (long) i * stride, memory.byteSize() - size);
        slices.add(memory.asSlice(at, size).toArray(ValueLayout.JAVA_BYTE));
      }
      return slices;
    }

    private static int indexOf(List<byte[]> all, byte[] wanted) {
      for (int i = 0; i < all.size(); i++) {
        if (Arrays.equals(all.get(i), wanted)) {
          return i;
        }
      }
      return -1;
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

  private static void opened(WireGuard own, Session session, int length, long now, Output out) {
    if (own.received(session, length > 0 ? 1 : 0, length + Session.OVERHEAD, now)) {
      own.used(session, now, out);
    }
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
