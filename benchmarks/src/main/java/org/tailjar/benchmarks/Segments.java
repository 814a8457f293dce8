package org.tailjar.benchmarks;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.tailjar.packet.Checksum;
import org.tailjar.packet.IpPacket;

/** Packets over IPv4 from 100.64.0.1 to 100.64.0.2, as programs have the system make them. */
public final class Segments {

  /** Bytes ahead of the payload of a segment of TCP. */
  public static final int HEADERS = 52;

  /** Bytes ahead of the payload of a datagram. */
  public static final int UDP_HEADERS = 28;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private Segments() {}

  /**
   * One of consecutive segments of a TCP flow: 20 bytes of IPv4, 32 of TCP with time stamps, and
   * the payload, which is what is there.
   */
  public static void write(MemorySegment memory, long at, int payload, int sequence) {
    memory.asSlice(at, HEADERS).fill((byte) 0);
    writeIp(memory, at, HEADERS + payload, IpPacket.TCP);
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

  /** A datagram that fills the memory from its start: 20 bytes of IPv4, 8 of UDP, the payload. */
  public static void writeUdp(MemorySegment memory, int payload) {
    memory.asSlice(0, UDP_HEADERS).fill((byte) 0);
    writeIp(memory, 0, UDP_HEADERS + payload, IpPacket.UDP);
    memory.set(SHORT, 20, (short) 40_000);
    memory.set(SHORT, 22, (short) 443);
    memory.set(SHORT, 24, (short) (8 + payload));
    long sum = Checksum.partial(memory, 20, 8 + payload);
    sum += Checksum.partial(memory, 12, 8) + IpPacket.UDP + 8 + payload;
    memory.set(SHORT, 26, (short) ~Checksum.fold(sum));
  }

  private static void writeIp(MemorySegment memory, long at, int length, int protocol) {
    memory.set(ValueLayout.JAVA_BYTE, at, (byte) 0x45);
    memory.set(SHORT, at + 2, (short) length);
    memory.set(SHORT, at + 6, (short) 0x4000);
    memory.set(ValueLayout.JAVA_BYTE, at + 8, (byte) 64);
    memory.set(ValueLayout.JAVA_BYTE, at + 9, (byte) protocol);
    memory.set(INT, at + 12, 0x6440_0001);
    memory.set(INT, at + 16, 0x6440_0002);
    memory.set(SHORT, at + 10, (short) Checksum.of(memory, at, 20));
  }
}
