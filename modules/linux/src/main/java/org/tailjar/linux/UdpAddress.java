package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.tailjar.packet.IpPrefix;

/**
 * An IP address with a UDP port, in the form that the kernel takes: made once, then sent to without
 * any conversion. Immutable; equal by value.
 */
public final class UdpAddress {

  static final int AF_INET = 2;
  static final int AF_INET6 = 10;
  static final int NATIVE_SIZE = 28;

  private static final ValueLayout.OfShort NET_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt NET_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong NET_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final long MAPPED = 0x0000_ffff_0000_0000L;

  private final long high;
  private final long low;
  private final int port;
  private final int scope;
  private final MemorySegment memory = Arena.ofAuto().allocate(NATIVE_SIZE, 8);

  private UdpAddress(long high, long low, int port, int scope) {
    if (port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("port " + port);
    }
    this.high = high;
    this.low = low;
    this.port = port;
    this.scope = scope;
    memory.set(ValueLayout.JAVA_SHORT, 0, (short) (isIpv4() ? AF_INET : AF_INET6));
    memory.set(NET_SHORT, 2, (short) port);
    if (isIpv4()) {
      memory.set(NET_INT, 4, (int) low);
    } else {
      memory.set(NET_LONG, 8, high);
      memory.set(NET_LONG, 16, low);
      memory.set(ValueLayout.JAVA_INT, 24, scope);
    }
  }

  /**
   * An address from its halves, IPv4 in IPv6-mapped form as in {@code IpPacket}.
   *
   * @throws IllegalArgumentException when the port is out of range
   */
  public static UdpAddress of(long high, long low, int port) {
    return new UdpAddress(high, low, port, 0);
  }

  static UdpAddress of(long high, long low, int port, int scope) {
    return new UdpAddress(high, low, port, scope);
  }

  /**
   * An address of the JDK's.
   *
   * @throws IllegalArgumentException when it is an unresolved name
   */
  public static UdpAddress of(InetSocketAddress address) {
    InetAddress ip = address.getAddress();
    if (ip == null) {
      throw new IllegalArgumentException("not an address: " + address.getHostString());
    }
    ByteBuffer bytes = ByteBuffer.wrap(ip.getAddress());
    if (ip instanceof Inet6Address ipv6) {
      return new UdpAddress(bytes.getLong(), bytes.getLong(), address.getPort(), ipv6.getScopeId());
    }
    return new UdpAddress(0, MAPPED | (bytes.getInt() & 0xffff_ffffL), address.getPort(), 0);
  }

  /** The address as the JDK has it. */
  public InetSocketAddress toInetSocketAddress() {
    try {
      if (isIpv4()) {
        byte[] bytes = ByteBuffer.allocate(4).putInt((int) low).array();
        return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
      }
      byte[] bytes = ByteBuffer.allocate(16).putLong(high).putLong(low).array();
      InetAddress ip =
          scope == 0
              ? InetAddress.getByAddress(bytes)
              : Inet6Address.getByAddress(null, bytes, scope);
      return new InetSocketAddress(ip, port);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of fixed length", e);
    }
  }

  /** Upper half of the IP address. */
  public long high() {
    return high;
  }

  /** Lower half of the IP address. */
  public long low() {
    return low;
  }

  /** The port. */
  public int port() {
    return port;
  }

  /** Interface index of a link-local IPv6 address, else 0. */
  public int scope() {
    return scope;
  }

  /** Whether this is an IPv4 address. */
  public boolean isIpv4() {
    return IpPrefix.isIpv4(high, low);
  }

  /** The native form; lives as long as this object. */
  MemorySegment memory() {
    return memory;
  }

  int nativeLength() {
    return isIpv4() ? 16 : NATIVE_SIZE;
  }

  static long high(MemorySegment sockaddr) {
    return isIpv4(sockaddr) ? 0 : sockaddr.get(NET_LONG, 8);
  }

  static long low(MemorySegment sockaddr) {
    return isIpv4(sockaddr)
        ? MAPPED | (sockaddr.get(NET_INT, 4) & 0xffff_ffffL)
        : sockaddr.get(NET_LONG, 16);
  }

  static int port(MemorySegment sockaddr) {
    return sockaddr.get(NET_SHORT, 2) & 0xffff;
  }

  static int scope(MemorySegment sockaddr) {
    return isIpv4(sockaddr) ? 0 : sockaddr.get(ValueLayout.JAVA_INT, 24);
  }

  private static boolean isIpv4(MemorySegment sockaddr) {
    return sockaddr.get(ValueLayout.JAVA_SHORT, 0) == AF_INET;
  }

  static int hash(long high, long low, int port) {
    long mixed = (high * 0x9e37_79b9_7f4a_7c15L ^ low) * 0x9e37_79b9_7f4a_7c15L + port;
    return (int) (mixed ^ (mixed >>> 32)) * 0x85eb_ca6b;
  }

  @Override
  public int hashCode() {
    return hash(high, low, port);
  }

  @Override
  public boolean equals(@Nullable Object object) {
    return object instanceof UdpAddress other
        && high == other.high
        && low == other.low
        && port == other.port
        && scope == other.scope;
  }

  /** {@code address:port}, IPv6 in brackets. */
  @Override
  public String toString() {
    String ip = IpPrefix.text(high, low);
    return isIpv4() ? ip + ":" + port : "[" + ip + "]:" + port;
  }
}
