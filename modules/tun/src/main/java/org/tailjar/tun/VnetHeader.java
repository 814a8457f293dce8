package org.tailjar.tun;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.tailjar.linux.TunDescriptor;
import org.tailjar.packet.GatherPacket;
import org.tailjar.packet.SuperPacket;

/**
 * What lies ahead of each packet (struct virtio_net_hdr, virtio 1.2 5.1.6, in the byte order of the
 * machine) and says what is still to be done to it.
 */
final class VnetHeader {

  static final int LENGTH = TunDescriptor.HEADER_LENGTH;

  private static final int FLAGS = 0;
  private static final int GSO_TYPE = 1;
  private static final int HEADER_BYTES = 2;
  private static final int GSO_SIZE = 4;
  private static final int CHECKSUM_START = 6;
  private static final int CHECKSUM_OFFSET = 8;
  private static final int NEEDS_CHECKSUM = 1;
  private static final int GSO_NONE = 0;
  private static final int GSO_TCP4 = 1;
  private static final int GSO_TCP6 = 4;
  private static final int GSO_UDP = 5;
  private static final int GSO_ECN = 0x80;

  private VnetHeader() {}

  /**
   * Says of a packet what its header says.
   *
   * @param at where the header lies in the packet's memory
   * @param length of the packet without it
   * @return false when the header is none that was agreed
   */
  static boolean parse(SuperPacket into, int at, int length) {
    MemorySegment memory = into.memory();
    boolean needsChecksum = (memory.get(ValueLayout.JAVA_BYTE, at + FLAGS) & NEEDS_CHECKSUM) != 0;
    int type = memory.get(ValueLayout.JAVA_BYTE, at + GSO_TYPE) & 0xff & ~GSO_ECN;
    int checksumStart = unsignedShort(memory, at + CHECKSUM_START);
    int checksumOffset = unsignedShort(memory, at + CHECKSUM_OFFSET);
    if (type == GSO_NONE) {
      if (needsChecksum) {
        into.set(length, SuperPacket.Offload.CHECKSUM, 0, checksumStart, checksumOffset);
      } else {
        into.set(length);
      }
      return true;
    }
    if (!needsChecksum || (type != GSO_TCP4 && type != GSO_TCP6 && type != GSO_UDP)) {
      return false;
    }
    into.set(
        length,
        type == GSO_UDP ? SuperPacket.Offload.UDP : SuperPacket.Offload.TCP,
        unsignedShort(memory, at + GSO_SIZE),
        checksumStart,
        checksumOffset);
    return true;
  }

  /** Writes the header of a packet. */
  static void fill(MemorySegment header, GatherPacket packet) {
    header.fill((byte) 0);
    if (packet.offload() == SuperPacket.Offload.NONE) {
      return;
    }
    header.set(ValueLayout.JAVA_BYTE, FLAGS, (byte) NEEDS_CHECKSUM);
    putShort(header, CHECKSUM_START, packet.checksumStart());
    putShort(header, CHECKSUM_OFFSET, packet.checksumOffset());
    if (packet.offload() == SuperPacket.Offload.CHECKSUM) {
      return;
    }
    boolean ipv4 = packet.memory().get(ValueLayout.JAVA_BYTE, packet.offset(0)) >>> 4 == 4;
    int type = packet.offload() == SuperPacket.Offload.UDP ? GSO_UDP : ipv4 ? GSO_TCP4 : GSO_TCP6;
    header.set(ValueLayout.JAVA_BYTE, GSO_TYPE, (byte) type);
    putShort(header, HEADER_BYTES, packet.headerLength());
    putShort(header, GSO_SIZE, packet.segmentSize());
  }

  private static int unsignedShort(MemorySegment memory, long at) {
    return memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffff;
  }

  private static void putShort(MemorySegment header, int at, int value) {
    header.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) value);
  }
}
