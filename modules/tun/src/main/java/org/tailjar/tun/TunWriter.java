package org.tailjar.tun;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import org.tailjar.linux.IoVector;
import org.tailjar.linux.TunDescriptor;
import org.tailjar.packet.GatherPacket;
import org.tailjar.packet.PacketWriter;
import org.tailjar.packet.SuperPacket;

/**
 * What one thread writes to a {@link TunDevice} with. Several write to the same descriptor: each
 * call is a packet of its own to the kernel, which takes it in on the thread that calls.
 */
final class TunWriter implements PacketWriter {

  private static final int MAX_PIECES = 1023;

  private final TunDescriptor descriptor;
  private final boolean header;
  private final boolean tcp;
  private final boolean udp;
  private final AtomicLong refused;
  private final MemorySegment headerMemory = Arena.ofAuto().allocate(VnetHeader.LENGTH, 8);
  private final IoVector vector = new IoVector(MAX_PIECES + 1);

  /**
   * A writer.
   *
   * @param descriptor not closed with this
   * @param header whether a header lies ahead of each packet
   * @param tcp whether TCP super-packets are taken
   * @param udp whether UDP super-packets are taken
   * @param refused counts packets that the kernel does not take
   */
  TunWriter(
      TunDescriptor descriptor, boolean header, boolean tcp, boolean udp, AtomicLong refused) {
    this.descriptor = descriptor;
    this.header = header;
    this.tcp = tcp;
    this.udp = udp;
    this.refused = refused;
  }

  @Override
  public boolean mergesTcp() {
    return tcp;
  }

  @Override
  public boolean mergesUdp() {
    return udp;
  }

  @Override
  public void write(GatherPacket packet) throws IOException {
    int pieces = packet.pieces();
    if (pieces > MAX_PIECES) {
      throw new IllegalArgumentException("a packet of " + pieces + " pieces");
    }
    vector.clear();
    if (header) {
      VnetHeader.fill(headerMemory, packet);
      vector.add(headerMemory, 0, VnetHeader.LENGTH);
    } else if (packet.offload() != SuperPacket.Offload.NONE) {
      throw new IllegalArgumentException("a super-packet for a device without offloads");
    }
    MemorySegment memory = packet.memory();
    for (int i = 0; i < pieces; i++) {
      vector.add(memory, packet.offset(i), packet.length(i));
    }
    if (descriptor.write(vector) != 0) {
      refused.incrementAndGet();
    }
  }
}
