package org.tailjar.packet;

import java.io.IOException;

/**
 * Where one thread reads packets of a {@link PacketDevice}. {@link #wake} may be called by any
 * thread, everything else by the one that reads.
 */
public interface PacketQueue {

  /**
   * Reads the next packet or super-packet without waiting.
   *
   * @return false when there is none now
   * @throws IOException when the device is gone
   */
  boolean read(SuperPacket into) throws IOException;

  /**
   * Waits until {@link #read} may succeed, {@link #wake} is called, or the time is over. Now and
   * then it returns before any of that.
   *
   * @param timeoutNanos longest wait in nanoseconds; negative waits for ever
   * @throws IOException when the device is gone
   */
  void awaitReadable(long timeoutNanos) throws IOException;

  /** Ends the present or the next {@link #awaitReadable} at once. */
  void wake();

  /**
   * Writes the packet that the last {@link #read} gave back to where it came from, of the same
   * length and with the same work left to be done to it, but changed in its bytes. Called by the
   * thread that reads, possibly while others do or another one writes.
   *
   * @throws IOException when the device is gone; a packet that the kernel refuses is counted and
   *     dropped
   */
  void writeBack(SuperPacket packet) throws IOException;
}
