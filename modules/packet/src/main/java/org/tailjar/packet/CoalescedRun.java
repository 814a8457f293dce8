package org.tailjar.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Consecutive packets of one flow on their way into one write: the first packet whole, of the
 * others the payload. Reused; owned by its {@link Coalescer}.
 */
final class CoalescedRun implements GatherPacket {

  /** Most packets in a run: what every kernel with UDP segmentation takes (UDP_MAX_SEGMENTS). */
  private static final int MAX_PIECES = 64;

  private static final int MAX_TOTAL = 65_535;
  private static final int DONT_FRAGMENT = 0x4000;
  private static final int NO_MERGE_FLAGS =
      IpPacket.FIN | IpPacket.SYN | IpPacket.RST | IpPacket.URG | IpPacket.CWR;

  private final long[] offsets = new long[MAX_PIECES];
  private final int[] lengths = new int[MAX_PIECES];
  private MemorySegment memory = MemorySegment.NULL;
  private int pieces;

  private boolean ipv4;
  private int protocol;
  private long sourceHigh;
  private long sourceLow;
  private long destinationHigh;
  private long destinationLow;
  private int ports;

  private int transport;
  private int headers;
  private int total;
  private int segmentSize;
  private int nextSequence;
  private int nextId;
  private boolean firstVerified;
  private boolean ended;
  private boolean pushed;
  private SuperPacket.Offload offload = SuperPacket.Offload.NONE;

  /** Whether a TCP packet may be part of a run at all: plain headers, data, no special flags. */
  static boolean isMergeableTcp(MemorySegment memory, long offset, IpPacket ip) {
    if (!hasPlainIpHeader(ip) || ip.totalLength() - ip.headerLength() < 20) {
      return false;
    }
    int flags = ip.tcpFlags();
    int headers = ip.headerLength() + tcpHeaderLength(memory, offset + ip.headerLength());
    return headers >= ip.headerLength() + 20
        && headers < ip.totalLength()
        && (flags & NO_MERGE_FLAGS) == 0
        && (flags & IpPacket.ACK) != 0;
  }

  /** Whether a UDP packet may be part of a run at all: plain headers, data, a checksum. */
  static boolean isMergeableUdp(MemorySegment memory, long offset, IpPacket ip) {
    int length = ip.totalLength() - ip.headerLength();
    long at = offset + ip.headerLength();
    return hasPlainIpHeader(ip)
        && length > 8
        && unsignedShort(memory, at + 4) == length
        && unsignedShort(memory, at + 6) != 0;
  }

  private static boolean hasPlainIpHeader(IpPacket ip) {
    return ip.headerLength() == (ip.isIpv4() ? 20 : 40) && !ip.isFragment();
  }

  boolean isSameFlow(MemorySegment otherMemory, long offset, IpPacket ip) {
    return isBetweenSameHosts(ip)
        && protocol == ip.protocol()
        && ports == otherMemory.get(NetworkOrder.INT, offset + ip.headerLength());
  }

  boolean isBetweenSameHosts(IpPacket ip) {
    return sourceLow == ip.sourceLow()
        && destinationLow == ip.destinationLow()
        && sourceHigh == ip.sourceHigh()
        && destinationHigh == ip.destinationHigh();
  }

  /** Starts with this packet, whatever it is. */
  void begin(MemorySegment memory, long offset, IpPacket ip) {
    this.memory = memory;
    offsets[0] = offset;
    lengths[0] = ip.totalLength();
    pieces = 1;
    ipv4 = ip.isIpv4();
    protocol = ip.protocol();
    sourceHigh = ip.sourceHigh();
    sourceLow = ip.sourceLow();
    destinationHigh = ip.destinationHigh();
    destinationLow = ip.destinationLow();
    transport = ip.headerLength();
    total = ip.totalLength();
    firstVerified = false;
    ended = false;
    pushed = false;
    offload = SuperPacket.Offload.NONE;
    headers = transport;
    if (!ip.hasTransportHeader()) {
      return;
    }
    if (protocol == IpPacket.TCP) {
      ports = memory.get(NetworkOrder.INT, offset + transport);
      headers = transport + tcpHeaderLength(memory, offset + transport);
      nextSequence = memory.get(NetworkOrder.INT, offset + transport + 4) + total - headers;
      pushed = (ip.tcpFlags() & IpPacket.PSH) != 0;
    } else if (protocol == IpPacket.UDP) {
      ports = memory.get(NetworkOrder.INT, offset + transport);
      headers = transport + 8;
    }
    segmentSize = total - headers;
    nextId = ipv4 ? (unsignedShort(memory, offset + 4) + 1) & 0xffff : 0;
  }

  /**
   * Takes a mergeable packet of the same flow that continues the run.
   *
   * @return false when it does not, or cannot since the run is full or at its end
   */
  boolean append(MemorySegment otherMemory, long offset, IpPacket ip) {
    int size = ip.totalLength() - headers;
    if (ended
        || otherMemory != memory
        || pieces == MAX_PIECES
        || size <= 0
        || size > segmentSize
        || total + size > MAX_TOTAL
        || !hasSameIpHeader(offset)
        || !(protocol == IpPacket.TCP ? continuesTcp(offset) : true)) {
      return false;
    }
    if (!firstVerified) {
      if (!isChecksumRight(offsets[0], lengths[0])) {
        return false;
      }
      firstVerified = true;
    }
    if (!isChecksumRight(offset, ip.totalLength())) {
      return false;
    }
    offsets[pieces] = offset + headers;
    lengths[pieces] = size;
    pieces++;
    total += size;
    nextId = (nextId + 1) & 0xffff;
    ended = size < segmentSize;
    if (protocol == IpPacket.TCP) {
      nextSequence += size;
      if ((memory.get(ValueLayout.JAVA_BYTE, offset + transport + 13) & IpPacket.PSH) != 0) {
        pushed = true;
      }
    }
    return true;
  }

  private boolean hasSameIpHeader(long offset) {
    long first = offsets[0];
    if (!ipv4) {
      // Traffic class and flow label, hop limit.
      return memory.get(NetworkOrder.INT, first) == memory.get(NetworkOrder.INT, offset)
          && memory.get(ValueLayout.JAVA_BYTE, first + 7)
              == memory.get(ValueLayout.JAVA_BYTE, offset + 7);
    }
    // Type of service; flags; time to live. The id counts up, as it will when the run is split.
    return memory.get(NetworkOrder.SHORT, first) == memory.get(NetworkOrder.SHORT, offset)
        && memory.get(NetworkOrder.SHORT, first + 6) == memory.get(NetworkOrder.SHORT, offset + 6)
        && memory.get(ValueLayout.JAVA_BYTE, first + 8)
            == memory.get(ValueLayout.JAVA_BYTE, offset + 8)
        && (unsignedShort(memory, offset + 4) == nextId
            // The id of a packet that is never fragmented has no meaning (RFC 6864 4.1).
            || (unsignedShort(memory, offset + 6) & DONT_FRAGMENT) != 0);
  }

  private boolean continuesTcp(long offset) {
    long first = offsets[0] + transport;
    long other = offset + transport;
    if (memory.get(NetworkOrder.INT, other + 4) != nextSequence
        || memory.get(NetworkOrder.INT, first + 8) != memory.get(NetworkOrder.INT, other + 8)
        // Data offset, flags but PSH, and window in one.
        || ((memory.get(NetworkOrder.INT, first + 12) ^ memory.get(NetworkOrder.INT, other + 12))
                & ~(IpPacket.PSH << 16))
            != 0
        || memory.get(NetworkOrder.SHORT, first + 18)
            != memory.get(NetworkOrder.SHORT, other + 18)) {
      return false;
    }
    for (int i = 20; i < headers - transport; i += 4) {
      if (memory.get(NetworkOrder.INT, first + i) != memory.get(NetworkOrder.INT, other + i)) {
        return false;
      }
    }
    return true;
  }

  private boolean isChecksumRight(long offset, int length) {
    if (ipv4 && Checksum.partial(memory, offset, 20) != 0xffff) {
      return false;
    }
    int transportLength = length - transport;
    int sum = Checksum.partial(memory, offset + transport, transportLength);
    return Checksum.fold((long) pseudoHeader(transportLength) + sum) == 0xffff;
  }

  private int pseudoHeader(int transportLength) {
    return Checksum.pseudoHeader(
        sourceHigh, sourceLow, destinationHigh, destinationLow, protocol, transportLength);
  }

  /** Turns the headers of the first packet into those of the super-packet, if there is one. */
  void finish() {
    if (pieces == 1) {
      return;
    }
    long first = offsets[0];
    if (ipv4) {
      putShort(first + 2, total);
      putShort(first + 10, 0);
      putShort(first + 10, Checksum.of(memory, first, 20));
    } else {
      putShort(first + 4, total - 40);
    }
    // The kernel completes the checksum: the field takes the sum of the pseudo-header, as it is.
    int transportLength = total - transport;
    if (protocol == IpPacket.TCP) {
      offload = SuperPacket.Offload.TCP;
      if (pushed) {
        byte flags = memory.get(ValueLayout.JAVA_BYTE, first + transport + 13);
        memory.set(ValueLayout.JAVA_BYTE, first + transport + 13, (byte) (flags | IpPacket.PSH));
      }
      putShort(first + transport + 16, pseudoHeader(transportLength));
    } else {
      offload = SuperPacket.Offload.UDP;
      putShort(first + transport + 4, transportLength);
      putShort(first + transport + 6, pseudoHeader(transportLength));
    }
  }

  @Override
  public MemorySegment memory() {
    return memory;
  }

  @Override
  public int pieces() {
    return pieces;
  }

  @Override
  public long offset(int piece) {
    return offsets[piece];
  }

  @Override
  public int length(int piece) {
    return lengths[piece];
  }

  @Override
  public SuperPacket.Offload offload() {
    return offload;
  }

  @Override
  public int segmentSize() {
    return offload == SuperPacket.Offload.NONE ? 0 : segmentSize;
  }

  @Override
  public int headerLength() {
    return headers;
  }

  @Override
  public int checksumStart() {
    return transport;
  }

  @Override
  public int checksumOffset() {
    return protocol == IpPacket.TCP ? 16 : 6;
  }

  private static int tcpHeaderLength(MemorySegment memory, long at) {
    return ((memory.get(ValueLayout.JAVA_BYTE, at + 12) & 0xf0) >>> 4) * 4;
  }

  private static int unsignedShort(MemorySegment memory, long at) {
    return memory.get(NetworkOrder.SHORT, at) & 0xffff;
  }

  private void putShort(long at, int value) {
    memory.set(NetworkOrder.SHORT, at, (short) value);
  }
}
