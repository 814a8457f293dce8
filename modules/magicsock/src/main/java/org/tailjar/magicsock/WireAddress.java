package org.tailjar.magicsock;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** The 18 bytes of an address and port in DISCO: IPv6, or IPv4 mapped into it; then the port. */
final class WireAddress {

  static final int LENGTH = 18;
  private static final int IP_LENGTH = 16;
  private static final int IPV4_LENGTH = 4;

  private WireAddress() {}

  static void put(ByteBuffer to, InetSocketAddress address) {
    byte[] ip = address.getAddress().getAddress();
    if (ip.length == IPV4_LENGTH) {
      to.putLong(0).putShort((short) 0).putShort((short) 0xffff);
    }
    to.put(ip).putShort((short) address.getPort());
  }

  static InetSocketAddress get(ByteBuffer from) {
    byte[] ip = new byte[IP_LENGTH];
    from.get(ip);
    return of(ip, Short.toUnsignedInt(from.getShort()));
  }

  /** An address of 4 or 16 bytes; IPv4 mapped into IPv6 becomes IPv4. */
  static InetSocketAddress of(byte[] ip, int port) {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(ip), port);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("an IP address of " + ip.length + " bytes", e);
    }
  }
}
