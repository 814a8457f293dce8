package org.tailjar.wireguard;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Five messages, one behind the other, each with a packet of its own. */
final class MessageBatch {

  static final int COUNT = 5;
  private static final int STRIDE = Sessions.LENGTH + 16;
  private static final int PACKET = Sessions.LENGTH - Session.OVERHEAD;

  private final MemorySegment memory = Arena.ofAuto().allocate((long) COUNT * STRIDE, 16);
  private final long[] counters = new long[COUNT];

  MessageBatch() {
    for (int i = 0; i < COUNT; i++) {
      memory.asSlice(packet(i), PACKET).fill((byte) (i + 1));
    }
  }

  /** Messages that the session opens, since it is its own peer. */
  static MessageBatch sealedWith(Session session) {
    MessageBatch batch = new MessageBatch();
    batch.reserve(session);
    batch.seal(session);
    return batch;
  }

  /** Messages to the session that are sealed with zeros in place of its key. */
  static MessageBatch forged(Session session) {
    MessageBatch batch = sealedWith(session);
    for (int i = 0; i < COUNT; i++) {
      batch.memory.asSlice(batch.packet(i), PACKET).fill((byte) (i + 1));
    }
    Sessions.context()
        .sealAll(
            Sessions.key(0),
            batch.counters,
            COUNT,
            batch.memory,
            Session.HEADER_LENGTH,
            STRIDE,
            PACKET,
            PACKET);
    return batch;
  }

  /** The same messages in memory of their own. */
  MessageBatch copy() {
    MessageBatch copy = new MessageBatch();
    copy.memory.copyFrom(memory);
    System.arraycopy(counters, 0, copy.counters, 0, COUNT);
    return copy;
  }

  private long packet(int message) {
    return (long) message * STRIDE + Session.HEADER_LENGTH;
  }

  /** Takes counters. */
  void reserve(Session session) {
    long first = session.reserve(COUNT);
    for (int i = 0; i < COUNT; i++) {
      counters[i] = first + i;
    }
  }

  void seal(Session session) {
    session.sealAll(
        Sessions.context(), counters, COUNT, memory, 0, STRIDE, Sessions.LENGTH, Sessions.LENGTH);
  }

  /** How many messages were opened; one that is opened to something else is none of them. */
  String open(Session session) {
    BatchOpener opener = new BatchOpener(Sessions.context());
    try {
      opener.open(
          session, memory, 0, STRIDE, Sessions.LENGTH, Sessions.LENGTH, COUNT, Sessions.NOW);
    } catch (IllegalStateException _) {
      return "refused";
    }
    int opened = 0;
    for (int i = 0; i < COUNT; i++) {
      if (opener.result(i) >= 0) {
        if (opener.result(i) != PACKET || !isPlain(memory, packet(i), i)) {
          return "opened to something else";
        }
        opened++;
      }
    }
    return "opened " + opened;
  }

  /** How many packets are as they were. */
  int plain() {
    int plain = 0;
    for (int i = 0; i < COUNT; i++) {
      plain += isPlain(memory, packet(i), i) ? 1 : 0;
    }
    return plain;
  }

  /** How many messages have nothing but zeros behind their header. */
  int zeros() {
    MemorySegment zeros = MemorySegment.ofArray(new byte[Sessions.LENGTH - Session.HEADER_LENGTH]);
    int blank = 0;
    for (int i = 0; i < COUNT; i++) {
      blank += memory.asSlice(packet(i), zeros.byteSize()).mismatch(zeros) < 0 ? 1 : 0;
    }
    return blank;
  }

  /** How many messages a key opens to what they were made of. */
  int sealedBy(int key) {
    MemorySegment copy = Sessions.memory();
    int sealed = 0;
    for (int i = 0; i < COUNT; i++) {
      MemorySegment.copy(memory, (long) i * STRIDE, copy, 0, Sessions.LENGTH);
      boolean authentic =
          Sessions.context()
              .open(
                  Sessions.key(key),
                  counters[i],
                  copy,
                  Session.HEADER_LENGTH,
                  Sessions.LENGTH - Session.HEADER_LENGTH,
                  copy,
                  Session.HEADER_LENGTH);
      sealed += authentic && isPlain(copy, Session.HEADER_LENGTH, i) ? 1 : 0;
    }
    return sealed;
  }

  private static boolean isPlain(MemorySegment memory, long offset, int message) {
    for (int i = 0; i < PACKET; i++) {
      if (memory.get(ValueLayout.JAVA_BYTE, offset + i) != message + 1) {
        return false;
      }
    }
    return true;
  }
}
