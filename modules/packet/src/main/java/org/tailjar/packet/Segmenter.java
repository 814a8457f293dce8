package org.tailjar.packet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Splits a super-packet into the complete IP packets that it stands for, as TCP and UDP
 * segmentation offload of a network card would, without copying payload: the headers of each packet
 * are written into the buffer just ahead of its payload.
 *
 * <p>That overwrites the end of the packet before, so each packet must be consumed (sealed into
 * another buffer) before the next call of {@link #next}. Owned by the thread that reads the device;
 * allocates nothing per packet.
 */
public final class Segmenter {

  private static final int MAX_HEADERS = SuperPacket.HEADROOM;
  private static final int IPV4_ID = 4;
  private static final int IPV4_CHECKSUM = 10;
  private static final int TCP_SEQUENCE = 4;
  private static final int TCP_DATA_OFFSET = 12;
  private static final int TCP_FLAGS = 13;
  private static final int TCP_CHECKSUM = 16;
  private static final int UDP_LENGTH = 4;
  private static final int UDP_CHECKSUM = 6;

  /** The headers of the super-packet as they came, for each packet to start from. */
  private final MemorySegment template = Arena.ofAuto().allocate(MAX_HEADERS, 8);

  private MemorySegment memory = MemorySegment.NULL;
  private SuperPacket.Offload offload = SuperPacket.Offload.NONE;
  private int start;
  private int totalLength;
  private int transport;
  private int headers;
  private int payload;
  private int segmentSize;
  private int count;
  private int index;
  private boolean ipv4;
  private int firstId;
  private int firstSequence;
  private int flags;
  private int ipSum;
  private int pseudoSum;
  private int offset;
  private int length;
  private long malformed;

  /** A segmenter with nothing to split. */
  public Segmenter() {}

  /**
   * Begins with a packet. One whose headers do not fit what the device says of it yields nothing
   * and is counted in {@link #malformed}.
   */
  public void start(SuperPacket packet) {
    memory = packet.memory();
    offload = packet.offload();
    start = packet.start();
    totalLength = packet.length();
    index = 0;
    count = 0;
    boolean valid =
        switch (offload) {
          case NONE -> totalLength > 0;
          case CHECKSUM -> completeChecksum(packet.checksumStart(), packet.checksumOffset());
          case TCP, UDP -> prepare(packet);
        };
    if (!valid) {
      malformed++;
      count = 0;
    } else if (offload == SuperPacket.Offload.NONE || offload == SuperPacket.Offload.CHECKSUM) {
      count = 1;
    }
  }

  /** Goes to the next packet; false when there is none. */
  public boolean next() {
    if (index >= count) {
      return false;
    }
    if (offload == SuperPacket.Offload.NONE || offload == SuperPacket.Offload.CHECKSUM) {
      offset = start;
      length = totalLength;
    } else {
      writePacket();
    }
    index++;
    return true;
  }

  /** Number of packets that the present super-packet is split into. */
  public int count() {
    return count;
  }

  /** Length in bytes of the longest of them, which is the first. */
  public int longest() {
    if (count == 0) {
      return 0;
    }
    return count == 1 ? totalLength : headers + segmentSize;
  }

  /** Offset of the packet in the buffer of the super-packet. */
  public int offset() {
    return offset;
  }

  /** Length of the packet in bytes. */
  public int length() {
    return length;
  }

  /** Packets that were dropped since their headers are not what the device says they are. */
  public long malformed() {
    return malformed;
  }

  private boolean completeChecksum(int checksumStart, int checksumOffset) {
    if (checksumStart < 20
        || checksumOffset < 0
        || checksumStart + checksumOffset + 2 > totalLength) {
      return false;
    }
    // The field holds the pseudo-header sum, which so becomes part of the sum.
    int checksum = Checksum.of(memory, (long) start + checksumStart, totalLength - checksumStart);
    boolean udp = checksumOffset == UDP_CHECKSUM;
    putShort(start + checksumStart + checksumOffset, udp && checksum == 0 ? 0xffff : checksum);
    return true;
  }

  private boolean prepare(SuperPacket packet) {
    int version = totalLength == 0 ? 0 : unsignedByte(start) >>> 4;
    ipv4 = version == 4;
    transport = packet.checksumStart();
    segmentSize = packet.segmentSize();
    boolean tcp = offload == SuperPacket.Offload.TCP;
    int fixed = tcp ? 20 : 8;
    if ((version != 4 && version != 6)
        || segmentSize <= 0
        || transport < (ipv4 ? 20 : 40)
        || transport + fixed > Math.min(totalLength, MAX_HEADERS)
        || (ipv4 && (unsignedByte(start) & 0x0f) * 4 != transport)) {
      return false;
    }
    // The length that the device gives is a hint; the data offset is what the receiver goes by.
    int transportHeader = tcp ? (unsignedByte(start + transport + TCP_DATA_OFFSET) >>> 4) * 4 : 8;
    headers = transport + transportHeader;
    if (transportHeader < fixed || headers > Math.min(totalLength, MAX_HEADERS)) {
      return false;
    }
    payload = totalLength - headers;
    count = Math.max(1, (payload + segmentSize - 1) / segmentSize);
    segmentSize = Math.min(segmentSize, Math.max(payload, 1));
    MemorySegment.copy(memory, start, template, 0, headers);
    if (tcp) {
      firstSequence = template.get(NetworkOrder.INT, transport + TCP_SEQUENCE);
      flags = template.get(ValueLayout.JAVA_BYTE, transport + TCP_FLAGS) & 0xff;
      template.set(NetworkOrder.SHORT, transport + TCP_CHECKSUM, (short) 0);
    } else {
      template.set(NetworkOrder.SHORT, transport + UDP_CHECKSUM, (short) 0);
    }
    int protocol = tcp ? IpPacket.TCP : IpPacket.UDP;
    if (ipv4) {
      firstId = template.get(NetworkOrder.SHORT, IPV4_ID) & 0xffff;
      template.set(NetworkOrder.SHORT, 2, (short) 0);
      template.set(NetworkOrder.SHORT, IPV4_ID, (short) 0);
      template.set(NetworkOrder.SHORT, IPV4_CHECKSUM, (short) 0);
      ipSum = Checksum.partial(template, 0, transport);
      pseudoSum = Checksum.partial(template, 12, 8) + protocol;
    } else {
      pseudoSum = Checksum.partial(template, 8, 32) + protocol;
    }
    return true;
  }

  private void writePacket() {
    int size = Math.min(segmentSize, payload - index * segmentSize);
    int at = start + index * segmentSize;
    int transportLength = headers - transport + size;
    MemorySegment.copy(template, 0, memory, at, headers);
    if (ipv4) {
      int total = headers + size;
      int id = (firstId + index) & 0xffff;
      putShort(at + 2, total);
      putShort(at + IPV4_ID, id);
      putShort(at + IPV4_CHECKSUM, ~Checksum.fold((long) ipSum + total + id));
    } else {
      putShort(at + 4, headers - 40 + size);
    }
    if (offload == SuperPacket.Offload.TCP) {
      int mine = flags;
      if (index > 0) {
        mine &= ~IpPacket.CWR;
      }
      if (index < count - 1) {
        mine &= ~(IpPacket.FIN | IpPacket.PSH);
      }
      memory.set(
          NetworkOrder.INT, at + transport + TCP_SEQUENCE, firstSequence + index * segmentSize);
      memory.set(ValueLayout.JAVA_BYTE, at + transport + TCP_FLAGS, (byte) mine);
      putShort(at + transport + TCP_CHECKSUM, checksum(at + transport, transportLength));
    } else {
      putShort(at + transport + UDP_LENGTH, transportLength);
      int checksum = checksum(at + transport, transportLength);
      // All zero means "no checksum" in UDP (RFC 768).
      putShort(at + transport + UDP_CHECKSUM, checksum == 0 ? 0xffff : checksum);
    }
    offset = at;
    length = headers + size;
  }

  private int checksum(long at, int transportLength) {
    int sum = Checksum.partial(memory, at, transportLength);
    return ~Checksum.fold((long) pseudoSum + transportLength + sum) & 0xffff;
  }

  private int unsignedByte(long at) {
    return memory.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }

  private void putShort(long at, int value) {
    memory.set(NetworkOrder.SHORT, at, (short) value);
  }
}
