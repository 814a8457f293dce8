package org.tailjar.packet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What one read of a {@link PacketDevice} gave: an IP packet, or a TCP or UDP super-packet of up to
 * 64 KiB that is to be split into packets of {@link #segmentSize()} bytes of payload each ({@code
 * Segmenter}).
 *
 * <p>Owned by the thread that reads the device. The packet lies at {@link #start()} of {@link
 * #memory()}; {@link #HEADROOM} bytes ahead of it and {@link #TAILROOM} bytes behind it are scratch
 * space for headers and padding.
 */
public final class SuperPacket {

  /** Free bytes ahead of the packet. */
  public static final int HEADROOM = 256;

  /** Free bytes behind the packet. */
  public static final int TAILROOM = 64;

  /** Largest packet in bytes. */
  public static final int MAX_LENGTH = 65_536;

  /** What is still to be done to a packet before it can go on a wire. */
  public enum Offload {
    /** Complete as it is. */
    NONE,
    /** One packet whose transport checksum holds the pseudo-header sum only. */
    CHECKSUM,
    /** TCP super-packet. */
    TCP,
    /** UDP super-packet. */
    UDP
  }

  private final MemorySegment memory;
  private int length;
  private Offload offload = Offload.NONE;
  private int segmentSize;
  private int checksumStart;
  private int checksumOffset;

  /** A buffer for one packet, freed when the arena closes. */
  public SuperPacket(Arena arena) {
    memory = arena.allocate(HEADROOM + MAX_LENGTH + TAILROOM, 64);
  }

  /** The whole buffer. */
  public MemorySegment memory() {
    return memory;
  }

  /** Offset of the packet in {@link #memory()}. */
  public int start() {
    return HEADROOM;
  }

  /** Length of the packet in bytes. */
  public int length() {
    return length;
  }

  /** What is still to be done to it. */
  public Offload offload() {
    return offload;
  }

  /**
   * Payload bytes of each packet that the super-packet is split into; 0 for {@link Offload#NONE}.
   */
  public int segmentSize() {
    return segmentSize;
  }

  /** Offset of the transport header from the start of the packet. */
  public int checksumStart() {
    return checksumStart;
  }

  /** Offset of the checksum field from {@link #checksumStart()}. */
  public int checksumOffset() {
    return checksumOffset;
  }

  /** Says that the buffer holds a complete packet. */
  public void set(int length) {
    set(length, Offload.NONE, 0, 0, 0);
  }

  /** Says what the buffer holds, see the accessors. */
  public void set(
      int length, Offload offload, int segmentSize, int checksumStart, int checksumOffset) {
    if (length < 0 || length > MAX_LENGTH) {
      throw new IllegalArgumentException("packet of " + length + " bytes");
    }
    this.length = length;
    this.offload = offload;
    this.segmentSize = segmentSize;
    this.checksumStart = checksumStart;
    this.checksumOffset = checksumOffset;
  }
}
