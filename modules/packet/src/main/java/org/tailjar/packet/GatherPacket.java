package org.tailjar.packet;

import java.lang.foreign.MemorySegment;

/**
 * One packet for a {@link PacketDevice} whose bytes lie in several pieces of one buffer: the first
 * piece is a whole IP packet or the head of a super-packet, the others are payload that follows.
 * Owned by the thread that writes.
 */
public interface GatherPacket {

  /** The buffer that all pieces lie in. */
  MemorySegment memory();

  /** Number of pieces, at least one. */
  int pieces();

  /** Offset of a piece in {@link #memory()}. */
  long offset(int piece);

  /** Length of a piece in bytes. */
  int length(int piece);

  /** What the kernel is asked to do. */
  SuperPacket.Offload offload();

  /** Payload bytes of each packet that was merged; 0 unless it is a super-packet. */
  int segmentSize();

  /** Length of the IP and transport headers of the first piece. */
  int headerLength();

  /** Offset of the transport header from the start of the packet. */
  int checksumStart();

  /** Offset of the checksum field from {@link #checksumStart()}. */
  int checksumOffset();
}
