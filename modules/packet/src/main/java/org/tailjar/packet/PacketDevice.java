package org.tailjar.packet;

import java.util.List;

/**
 * A source and sink of IP packets: a TUN device, or a fake one in tests and benchmarks.
 *
 * <p>One thread reads ({@link #read}, {@link #awaitReadable}), one thread writes ({@link #write});
 * {@link #wake} and {@link #close} may be called by any. A device with several {@link #queues} is
 * read by as many threads, and each further thread that writes has a {@link #writer} of its own.
 */
public interface PacketDevice extends PacketQueue, PacketWriter, AutoCloseable {

  /** The name of the interface, such as {@code tailscale0}. */
  String name();

  /** Largest IP packet in bytes, super-packets aside. */
  int mtu();

  /**
   * The queues that packets come by, each for a thread of its own; all of them are to be read. The
   * packets of a flow all come by the same one, in their order. They live as long as the device,
   * which is itself the first of them.
   */
  default List<PacketQueue> queues() {
    return List.of(this);
  }

  /**
   * For one more thread to write with, at the same time as others do. Lives as long as the device.
   * All packets of a flow are to be written by the same thread, or they lose their order.
   */
  PacketWriter writer();

  @Override
  void close();
}
