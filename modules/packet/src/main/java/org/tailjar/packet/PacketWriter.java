package org.tailjar.packet;

import java.io.IOException;

/** Where one thread writes packets to a {@link PacketDevice}. */
public interface PacketWriter {

  /**
   * Writes one packet, or several of one flow merged into a super-packet.
   *
   * @throws IOException when the device is gone; a packet that the kernel refuses is counted and
   *     dropped
   */
  void write(GatherPacket packet) throws IOException;

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
}
