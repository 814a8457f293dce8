package org.tailjar.benchmarks;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.tailjar.packet.Checksum;

/** Consecutive segments of one TCP flow over IPv4, as a bulk sender makes them. */
final class Segments {

  static final int HEADERS = 52;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private Segments() {}

  /** One packet: 20 bytes of IPv4, 32 of TCP with time stamps, and the payload. */
  static void write(MemorySegment memory, long at, int payload, int sequence) {
    int length = HEADERS + payload;
    memory.asSlice(at, HEADERS).fill((byte) 0);
    memory.set(ValueLayout.JAVA_BYTE, at, (byte) 0x45);
    memory.set(SHORT, at + 2, (short) length);
    memory.set(SHORT, at + 6, (short) 0x4000);
    memory.set(ValueLayout.JAVA_BYTE, at + 8, (byte) 64);
    memory.set(ValueLayout.JAVA_BYTE, at + 9, (byte) 6);
    memory.set(INT, at + 12, 0x6440_0001);
    memory.set(INT, at + 16, 0x6440_0002);
    memory.set(SHORT, at + 10, (short) Checksum.of(memory, at, 20));
    memory.set(SHORT, at + 20, (short) 40_000);
    memory.set(SHORT, at + 22, (short) 443);
    memory.set(INT, at + 24, sequence);
    memory.set(INT, at + 28, 77);
    memory.set(SHORT, at + 32, (short) 0x8010);
    memory.set(SHORT, at + 34, (short) 502);
    memory.set(INT, at + 40, 0x0101_080a);
    memory.set(INT, at + 44, 1);
    memory.set(INT, at + 48, 2);
    long sum = Checksum.partial(memory, at + 20, 32 + payload);
    sum += Checksum.partial(memory, at + 12, 8) + 6 + 32 + payload;
    memory.set(SHORT, at + 36, (short) ~Checksum.fold(sum));
  }
}
