package org.tailjar.magicsock;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Tells WireGuard messages, STUN and DISCO apart, which arrive at one socket. */
final class Datagrams {

  /** What a datagram is, by its first bytes. */
  enum Kind {
    WIREGUARD,
    STUN,
    DISCO,
    UNKNOWN
  }

  /** The shortest WireGuard message: a keepalive (WireGuard paper 5.4.6). */
  private static final int MIN_WIREGUARD = 32;

  private static final int MIN_STUN = 20;
  private static final int WIREGUARD_TYPES = 4;
  private static final int DISCO_FIRST = 0x5453f09f;
  private static final short DISCO_REST = (short) 0x92ac;

  private static final ValueLayout.OfInt LITTLE_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt BIG_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort BIG_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private Datagrams() {}

  /**
   * The kind of a datagram. No message is of two kinds: WireGuard begins with a byte from 1 to 4
   * and three zeros, a STUN answer with 01 01, DISCO with a letter.
   */
  static Kind kind(MemorySegment memory, long offset, int length) {
    if (length >= MIN_WIREGUARD) {
      int type = memory.get(LITTLE_INT, offset);
      if (type > 0 && type <= WIREGUARD_TYPES) {
        return Kind.WIREGUARD;
      }
    }
    if (length < MIN_STUN) {
      return Kind.UNKNOWN;
    }
    int first = memory.get(BIG_INT, offset);
    if (first == DISCO_FIRST && memory.get(BIG_SHORT, offset + 4) == DISCO_REST) {
      return Kind.DISCO;
    }
    return first >>> 30 == 0 && memory.get(BIG_INT, offset + 4) == Stun.MAGIC_COOKIE
        ? Kind.STUN
        : Kind.UNKNOWN;
  }
}
