package org.tailjar.dataplane;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.tailjar.packet.GatherPacket;
import org.tailjar.packet.PacketDevice;
import org.tailjar.packet.PacketWriter;
import org.tailjar.packet.SuperPacket;
import org.tailjar.packet.SuperPacket.Offload;

/**
 * A packet device that yields one packet as often as it is told to, and counts what is written. It
 * copies what is read, as the kernel does.
 */
final class MemoryDevice implements PacketDevice {

  static final int MTU = 1280;

  private final MemorySegment packet;
  private final int segmentSize;
  private int left;
  private long written;

  /**
   * Has nothing to read yet.
   *
   * @param packet a whole IP packet
   * @param segmentSize where it is a super-packet of TCP over IPv4, the payload of each segment;
   *     otherwise 0
   */
  MemoryDevice(MemorySegment packet, int segmentSize) {
    this.packet = Arena.ofAuto().allocate(packet.byteSize(), 64).copyFrom(packet);
    this.segmentSize = segmentSize;
  }

  /** Yields the packet so many times more. */
  void supply(int reads) {
    left += reads;
  }

  boolean isEmpty() {
    return left == 0;
  }

  /** How many packets were written so far, of those that were merged each. */
  long written() {
    return written;
  }

  @Override
  public PacketWriter writer() {
    return this;
  }

  @Override
  public boolean read(SuperPacket into) {
    if (left == 0) {
      return false;
    }
    left--;
    int length = (int) packet.byteSize();
    MemorySegment.copy(packet, 0, into.memory(), into.start(), length);
    if (segmentSize == 0) {
      into.set(length);
    } else {
      into.set(length, Offload.TCP, segmentSize, 20, 16);
    }
    return true;
  }

  @Override
  public void write(GatherPacket gathered) {
    written += gathered.pieces();
  }

  @Override
  public boolean mergesUdp() {
    return true;
  }

  @Override
  public void writeBack(SuperPacket back) {
    throw new UnsupportedOperationException();
  }

  /** The caller has it run only as long as there is something to read. */
  @Override
  public void awaitReadable(long timeoutNanos) {}

  @Override
  public void wake() {}

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public int mtu() {
    return MTU;
  }

  @Override
  public void close() {}
}
