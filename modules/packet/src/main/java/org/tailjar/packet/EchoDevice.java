package org.tailjar.packet;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;

/**
 * A packet device without a kernel that sends every packet back to where it came from: what is
 * written is read again with source and destination changed for each other. For trials of a packet
 * path where there is no TUN device.
 */
public final class EchoDevice extends ForwardingDevice {

  private static final int IPV4_ADDRESSES = 12;
  private static final int IPV4_ADDRESS_LENGTH = 4;
  private static final int IPV6_ADDRESSES = 8;
  private static final int IPV6_ADDRESS_LENGTH = 16;

  private final InMemoryDevice queues;

  /** A device of that name and MTU in bytes. */
  public EchoDevice(String name, int mtu) {
    this(new InMemoryDevice(name, mtu));
  }

  private EchoDevice(InMemoryDevice queues) {
    super(queues);
    this.queues = queues;
  }

  /** What was written as a super-packet is read as one. */
  @Override
  public void write(GatherPacket packet) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    for (int i = 0; i < packet.pieces(); i++) {
      whole.writeBytes(
          packet
              .memory()
              .asSlice(packet.offset(i), packet.length(i))
              .toArray(ValueLayout.JAVA_BYTE));
    }
    byte[] bytes = whole.toByteArray();
    swapAddresses(bytes);
    queues.inject(
        bytes,
        packet.offload(),
        packet.segmentSize(),
        packet.checksumStart(),
        packet.checksumOffset());
  }

  @Override
  public PacketWriter writer() {
    return this;
  }

  /** Checksums stay right: they are sums, and the summands only change places. */
  private static void swapAddresses(byte[] packet) {
    boolean ipv4 = packet[0] >> 4 == 4;
    int length = ipv4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;
    int source = ipv4 ? IPV4_ADDRESSES : IPV6_ADDRESSES;
    for (int i = source; i < source + length; i++) {
      byte swapped = packet[i];
      packet[i] = packet[i + length];
      packet[i + length] = swapped;
    }
  }
}
