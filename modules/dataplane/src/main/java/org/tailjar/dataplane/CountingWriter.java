package org.tailjar.dataplane;

import java.io.IOException;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.packet.GatherPacket;
import org.tailjar.packet.PacketWriter;

/** Counts what is written. */
final class CountingWriter implements PacketWriter {

  private final PacketWriter writer;
  private final Counters counters;

  CountingWriter(PacketWriter writer, Counters counters) {
    this.writer = writer;
    this.counters = counters;
  }

  @Override
  public void write(GatherPacket packet) throws IOException {
    counters.add(Counters.TUN_WRITES, 1);
    counters.add(Counters.TUN_WRITTEN_PACKETS, packet.pieces());
    writer.write(packet);
  }

  @Override
  public boolean mergesTcp() {
    return writer.mergesTcp();
  }

  @Override
  public boolean mergesUdp() {
    return writer.mergesUdp();
  }
}
