package org.tailjar.wireguard;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.crypto.PacketCiphers;
import org.tailjar.packet.Path;

/**
 * One end of a tunnel in memory: a {@link WireGuard} on a clock that stands still until it is
 * moved, with queues in place of sockets.
 */
final class End implements Output {

  static final int MTU = 1280;
  private static final Aead AEAD = PacketCiphers.choose();

  /** The time of all ends that share it. */
  static final class Clock {
    long nanos = -5_000_000_000L;
    Instant wall = Instant.parse("2026-03-01T12:00:00Z");
    private long stopwatch;

    /** Goes on by what a handshake takes, each time that somebody looks at it. */
    long stopwatch() {
      stopwatch += 300_000;
      return stopwatch;
    }

    void add(Duration time) {
      nanos += time.toNanos();
      wall = wall.plus(time);
    }
  }

  /** A path with a source. */
  record SourcePath(byte[] source) implements Path {
    @Override
    public int headroom() {
      return 0;
    }
  }

  final Clock clock;
  final NodePrivateKey key = NodePrivateKey.generate();
  final WireGuard wireGuard;
  final Deque<byte[]> sent = new ArrayDeque<>();
  final List<String> received = new ArrayList<>();
  final List<String> staged = new ArrayList<>();
  final List<Peer> established = new ArrayList<>();
  final List<Peer> gaveUp = new ArrayList<>();
  final List<Peer> zeroed = new ArrayList<>();
  final List<byte[]> replies = new ArrayList<>();
  final List<@Nullable Path> replyPaths = new ArrayList<>();
  final List<NodePublicKey> unknown = new ArrayList<>();
  boolean addUnknown;
  private final AeadContext context;
  private final MemorySegment buffer = Arena.ofAuto().allocate(4096);

  End(Clock clock) {
    this(clock, Timings.STANDARD);
  }

  End(Clock clock, Timings timings) {
    this(clock, timings, AEAD);
  }

  End(Clock clock, Timings timings, Aead aead) {
    this.clock = clock;
    context = aead.context();
    wireGuard =
        new WireGuard(key, aead, timings, () -> clock.wall, new Random(1), clock::stopwatch);
  }

  /** Two ends that are each other's peer. */
  static End[] pair(Clock clock) {
    End a = new End(clock);
    End b = new End(clock);
    a.wireGuard.add(b.key.publicKey(), null);
    b.wireGuard.add(a.key.publicKey(), null);
    return new End[] {a, b};
  }

  /** Two ends with a session that both may send on, initiated by the first. */
  static End[] connectedPair(Clock clock) {
    End[] ends = pair(clock);
    ends[0].initiate(ends[1]);
    exchange(ends[0], ends[1]);
    return ends;
  }

  /** Delivers until neither end has anything to say. */
  static void exchange(End a, End b) {
    while (!a.sent.isEmpty() || !b.sent.isEmpty()) {
      while (!a.sent.isEmpty()) {
        b.deliver(a.sent.remove());
      }
      while (!b.sent.isEmpty()) {
        a.deliver(b.sent.remove());
      }
    }
  }

  Peer peer(End other) {
    Peer peer = wireGuard.peer(other.key.publicKey());
    if (peer == null) {
      throw new AssertionError("no such peer");
    }
    return peer;
  }

  void initiate(End other) {
    wireGuard.initiate(peer(other), clock.nanos, this);
  }

  long advance() {
    return wireGuard.advance(clock.nanos, this);
  }

  /** Sends text, or stages it as the data plane does while there is no session. */
  void send(End other, String text) {
    Peer peer = peer(other);
    if (!trySend(peer, text)) {
      staged.add(text);
    }
    if (peer.wantsHandshake(clock.nanos)) {
      wireGuard.initiate(peer, clock.nanos, this);
    }
  }

  private boolean trySend(Peer peer, String text) {
    Session session = peer.sending(clock.nanos);
    long counter = session == null ? Session.EXHAUSTED : session.reserve(1);
    if (session == null || counter == Session.EXHAUSTED) {
      return false;
    }
    byte[] message = seal(session, counter, text);
    sent.add(message);
    peer.sent(clock.nanos, 1, message.length);
    return true;
  }

  byte[] seal(Session session, long counter, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 2048, bytes.length);
    int length = session.seal(context, counter, buffer, 2048, bytes.length, MTU, buffer, 0);
    return buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Takes a message; returns what became of it. */
  int deliver(byte[] message) {
    return deliver(message, null);
  }

  int deliver(byte[] message, @Nullable Path path) {
    MemorySegment.copy(message, 0, buffer, ValueLayout.JAVA_BYTE, 1, message.length);
    if (message.length < 8 || message[0] != Message.TRANSPORT) {
      Peer from = wireGuard.handshake(buffer, 1, message.length, path, clock.nanos, this);
      return from == null ? Session.FORGED : 0;
    }
    Session session = wireGuard.session(word(message, 4));
    if (session == null) {
      return Session.FORGED;
    }
    int length = session.open(context, buffer, 1, message.length, clock.nanos);
    if (length > 0) {
      byte[] text = new byte[length];
      MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 1 + Session.HEADER_LENGTH, text, 0, length);
      received.add(new String(text, StandardCharsets.UTF_8).replace("\0", ""));
    }
    if (length >= 0
        && wireGuard.received(
            session, length > 0 ? 1 : 0, length + Session.OVERHEAD, clock.nanos)) {
      wireGuard.used(session, clock.nanos, this);
    }
    return length;
  }

  static int word(byte[] message, int at) {
    return ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
  }

  static int type(byte[] message) {
    return word(message, 0);
  }

  @Override
  public void send(Peer peer, byte[] message, @Nullable Path replyTo) {
    sent.add(message);
    replyPaths.add(replyTo);
  }

  @Override
  public void reply(Path path, byte[] message) {
    replies.add(message);
  }

  @Override
  public void established(Peer peer) {
    established.add(peer);
    List<String> waiting = List.copyOf(staged);
    staged.clear();
    for (String text : waiting) {
      if (!trySend(peer, text)) {
        throw new AssertionError("established, but no session to send on");
      }
    }
  }

  @Override
  public void gaveUp(Peer peer) {
    gaveUp.add(peer);
    staged.clear();
  }

  @Override
  public void zeroed(Peer peer) {
    zeroed.add(peer);
  }

  @Override
  public void unknownInitiator(NodePublicKey claimed) {
    unknown.add(claimed);
    if (addUnknown) {
      wireGuard.add(claimed, null);
    }
  }
}
