package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What {@link UdpSocket#receive} tells beside the bytes: the sender and the length of each
 * datagram. Holds the native structures of the call as well. Owned by the thread that receives;
 * reused.
 */
public final class ReceivedFrom {

  static final int MESSAGE = 0;
  static final int VECTOR = 64;
  static final int NAME = 96;
  static final int CONTROL = 128;
  static final int CONTROL_LENGTH = 64;

  private final MemorySegment memory = Arena.ofAuto().allocate(CONTROL + CONTROL_LENGTH, 8);
  private final MemorySegment name = memory.asSlice(NAME, UdpAddress.NATIVE_SIZE);
  private int datagramLength;

  /** Holds nothing before the first receive. */
  public ReceivedFrom() {}

  /** Upper half of the sender's IP address, IPv4 in IPv6-mapped form. */
  public long high() {
    return UdpAddress.high(name);
  }

  /** Lower half of the sender's IP address. */
  public long low() {
    return UdpAddress.low(name);
  }

  /** The sender's port. */
  public int port() {
    return UdpAddress.port(name);
  }

  /** Interface index of a link-local IPv6 address, else 0. */
  public int scope() {
    return UdpAddress.scope(name);
  }

  /** Length in bytes of each datagram but the last, which may be shorter. */
  public int datagramLength() {
    return datagramLength;
  }

  /**
   * The sender as an object of its own; allocates, see {@link UdpAddressTable} for the fast way.
   */
  public UdpAddress address() {
    return UdpAddress.of(high(), low(), port(), scope());
  }

  MemorySegment memory() {
    return memory;
  }

  void datagramLength(int length) {
    datagramLength = length;
  }
}
