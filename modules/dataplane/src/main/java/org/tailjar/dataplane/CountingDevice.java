package org.tailjar.dataplane;

import java.io.IOException;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.packet.ForwardingDevice;
import org.tailjar.packet.GatherPacket;
import org.tailjar.packet.PacketDevice;

/** Counts what is written to a device. */
final class CountingDevice extends ForwardingDevice {

  private final Counters counters;

  CountingDevice(PacketDevice device, Counters counters) {
    super(device);
    this.counters = counters;
  }

  @Override
  public void write(GatherPacket packet) throws IOException {
    counters.add(Counters.TUN_WRITES, 1);
    counters.add(Counters.TUN_WRITTEN_PACKETS, packet.pieces());
    super.write(packet);
  }
}
