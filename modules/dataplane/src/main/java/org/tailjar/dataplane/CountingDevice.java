package org.tailjar.dataplane;

import java.io.IOException;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.packet.GatherPacket;
import org.tailjar.packet.PacketDevice;
import org.tailjar.packet.SuperPacket;

/** Counts what is written to a device. */
final class CountingDevice implements PacketDevice {

  private final PacketDevice device;
  private final Counters counters;

  CountingDevice(PacketDevice device, Counters counters) {
    this.device = device;
    this.counters = counters;
  }

  @Override
  public void write(GatherPacket packet) throws IOException {
    counters.add(Counters.TUN_WRITES, 1);
    counters.add(Counters.TUN_WRITTEN_PACKETS, packet.pieces());
    device.write(packet);
  }

  @Override
  public void writeBack(SuperPacket packet) throws IOException {
    device.writeBack(packet);
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public int mtu() {
    return device.mtu();
  }

  @Override
  public boolean mergesTcp() {
    return device.mergesTcp();
  }

  @Override
  public boolean mergesUdp() {
    return device.mergesUdp();
  }

  @Override
  public boolean read(SuperPacket into) throws IOException {
    return device.read(into);
  }

  @Override
  public void awaitReadable(long timeoutNanos) throws IOException {
    device.awaitReadable(timeoutNanos);
  }

  @Override
  public void wake() {
    device.wake();
  }

  @Override
  public void close() {
    device.close();
  }
}
