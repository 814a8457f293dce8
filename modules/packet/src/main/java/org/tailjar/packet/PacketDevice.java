package org.tailjar.packet;

import java.io.IOException;
import java.util.List;

/**
 * A source and sink of IP packets: a TUN device, or a fake one in tests and benchmarks.
 *
 * <p>One thread reads ({@link #read}, {@link #awaitReadable}), one thread writes ({@link #write});
 * {@link #wake} and {@link #close} may be called by any. A device with several {@link #queues} is
 * read by as many threads.
 */
public interface PacketDevice extends PacketQueue, AutoCloseable {

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

  @Override
  void close();
}
