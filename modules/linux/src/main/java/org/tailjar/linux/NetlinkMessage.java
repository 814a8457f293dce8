package org.tailjar.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.tailjar.packet.IpPrefix;

/**
 * Writes one request of routing netlink (rtnetlink(7)): header, fixed part of the family,
 * attributes, each on a boundary of four bytes. Does no I/O.
 */
final class NetlinkMessage {

  static final int HEADER = 16;
  private static final int REQUEST = 0x001;
  static final int ACKNOWLEDGE = 0x004;
  private static final int EXCLUSIVE = 0x200;
  private static final int CREATE = 0x400;
  static final int DUMP = 0x300;

  /** To add what must not exist yet. */
  static final int ADD = ACKNOWLEDGE | CREATE | EXCLUSIVE;

  static final int SCOPE_UNIVERSE = 0;
  static final int SCOPE_LINK = 253;

  private final ByteBuffer buffer = ByteBuffer.allocate(512).order(ByteOrder.nativeOrder());

  NetlinkMessage(int type, int flags) {
    buffer.putInt(0);
    buffer.putShort((short) type);
    buffer.putShort((short) (REQUEST | flags));
    buffer.putInt(0);
    buffer.putInt(0);
  }

  /** What stands for a family of addresses. */
  static int family(boolean ipv4) {
    return ipv4 ? UdpAddress.AF_INET : UdpAddress.AF_INET6;
  }

  NetlinkMessage putByte(int value) {
    buffer.put((byte) value);
    return this;
  }

  NetlinkMessage putShort(int value) {
    buffer.putShort((short) value);
    return this;
  }

  NetlinkMessage putInt(int value) {
    buffer.putInt(value);
    return this;
  }

  NetlinkMessage attribute(int type, byte[] value) {
    align();
    buffer.putShort((short) (4 + value.length));
    buffer.putShort((short) type);
    buffer.put(value);
    return this;
  }

  NetlinkMessage attribute(int type, int value) {
    align();
    buffer.putShort((short) 8);
    buffer.putShort((short) type);
    buffer.putInt(value);
    return this;
  }

  NetlinkMessage attribute(int type, String value) {
    return attribute(type, (value + "\0").getBytes(StandardCharsets.US_ASCII));
  }

  /** An address, IPv4 in IPv6-mapped form. */
  NetlinkMessage attribute(int type, long high, long low) {
    return attribute(
        type,
        IpPrefix.isIpv4(high, low)
            ? ByteBuffer.allocate(4).putInt((int) low).array()
            : ByteBuffer.allocate(16).putLong(high).putLong(low).array());
  }

  /** The finished bytes. */
  byte[] bytes(int sequence) {
    align();
    buffer.putInt(0, buffer.position());
    buffer.putInt(8, sequence);
    byte[] bytes = new byte[buffer.position()];
    buffer.get(0, bytes);
    return bytes;
  }

  private void align() {
    while ((buffer.position() & 3) != 0) {
      buffer.put((byte) 0);
    }
  }
}
