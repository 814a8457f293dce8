package org.tailjar.packet;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A packet device in front of another, to which it hands everything that it does not do itself. */
public abstract class ForwardingDevice implements PacketDevice {

  private final PacketDevice device;

  /** In front of this device, which is closed with it. */
  protected ForwardingDevice(PacketDevice device) {
    this.device = device;
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public int mtu() {
    return device.mtu();
  }

  /** Those of the device, with this one in place of the first: what it changes it changes there. */
  @Override
  public List<PacketQueue> queues() {
    List<PacketQueue> queues = new ArrayList<>(device.queues());
    queues.set(0, this);
    return queues;
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
  public void write(GatherPacket packet) throws IOException {
    device.write(packet);
  }

  /** That of the device: what this one changes in {@link #write} it changes for one thread. */
  @Override
  public PacketWriter writer() {
    return device.writer();
  }

  @Override
  public void writeBack(SuperPacket packet) throws IOException {
    device.writeBack(packet);
  }

  @Override
  public void close() {
    device.close();
  }
}
