package org.tailjar.packet;

import java.io.IOException;

/**
 * A source and sink of IP packets: a TUN device, or a fake one in tests and benchmarks.
 *
 * <p>One thread reads ({@link #read}, {@link #awaitReadable}), one thread writes ({@link #write});
 * {@link #wake} and {@link #close} may be called by any.
 */
public interface PacketDevice extends AutoCloseable {

  /** The name of the interface, such as {@code tailscale0}. */
  String name();

  /** Largest IP packet in bytes, super-packets aside. */
  int mtu();

  /**
   * Reads the next packet or super-packet without waiting.
   *
   * @return false when there is none now
   * @throws IOException when the device is gone
   */
  boolean read(SuperPacket into) throws IOException;

  /**
   * Waits until {@link #read} may succeed, {@link #wake} is called, or the time is over.
   *
   * @param timeoutNanos longest wait in nanoseconds; negative waits for ever
   * @throws IOException when the device is gone
   */
  void awaitReadable(long timeoutNanos) throws IOException;

  /** Ends the present or the next {@link #awaitReadable} at once. */
  void wake();

  /**
   * Writes one packet, or several of one flow merged into a super-packet.
   *
   * @throws IOException when the device is gone; a packet that the kernel refuses is counted and
   *     dropped
   */
  void write(GatherPacket packet) throws IOException;

  /**
   * Writes the packet that the last {@link #read} gave back to where it came from, of the same
   * length and with the same work left to be done to it, but changed in its bytes. Called by the
   * thread that reads, possibly while the other one writes.
   *
   * @throws IOException when the device is gone; a packet that the kernel refuses is counted and
   *     dropped
   */
  void writeBack(SuperPacket packet) throws IOException;

  /**
   * Whether UDP packets of one flow may be written as a super-packet ({@link
   * SuperPacket.Offload#UDP}).
   */
  default boolean mergesUdp() {
    return false;
  }

  /**
   * Whether TCP packets of one flow may be written as a super-packet ({@link
   * SuperPacket.Offload#TCP}).
   */
  default boolean mergesTcp() {
    return true;
  }

  @Override
  void close();
}
