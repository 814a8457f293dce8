package org.tailjar.packet;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Comparator;

/**
 * A range of IP addresses, such as {@code 100.64.0.0/10}; bits behind the prefix are cleared.
 *
 * @param high upper half of the first address, as in {@link IpPacket}
 * @param low lower half of the first address; IPv4 is IPv6-mapped
 * @param bits length of the prefix in its own family: 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record IpPrefix(long high, long low, int bits) implements Comparable<IpPrefix> {

  private static final Comparator<IpPrefix> ORDER =
      Comparator.comparingInt((IpPrefix prefix) -> prefix.isIpv4() ? 0 : 1)
          .thenComparing(IpPrefix::high, Long::compareUnsigned)
          .thenComparing(IpPrefix::low, Long::compareUnsigned)
          .thenComparing(IpPrefix::bits);

  /**
   * Checks the length and clears the bits behind the prefix.
   *
   * @throws IllegalArgumentException when the length is out of range
   */
  public IpPrefix {
    boolean ipv4 = isIpv4(high, low);
    if (bits < 0 || bits > (ipv4 ? 32 : 128)) {
      throw new IllegalArgumentException("a prefix of " + bits + " bits");
    }
    int significant = ipv4 ? bits + 96 : bits;
    high &= mask(significant);
    low &= mask(significant - 64);
  }

  /**
   * Reads {@code address/bits}, or an address alone, which is a range of one.
   *
   * @throws IllegalArgumentException when the text is neither
   */
  public static IpPrefix parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    InetAddress parsed = literal(address, text);
    if (slash < 0) {
      return of(parsed);
    }
    String length = text.substring(slash + 1);
    if (!length.matches("[0-9]{1,3}")) {
      throw new IllegalArgumentException("not an IP prefix: " + text);
    }
    int bits = Integer.parseInt(length);
    if (parsed instanceof Inet4Address && address.indexOf(':') >= 0) {
      bits -= 96;
    }
    try {
      return of(parsed, bits);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not an IP prefix: " + text, e);
    }
  }

  private static InetAddress literal(String address, String text) {
    // The JDK also takes shortened IPv4 forms such as 127.1, and scopes; a prefix has neither.
    boolean ipv6 = address.indexOf(':') >= 0;
    if (address.indexOf('%') >= 0
        || address.indexOf('[') >= 0
        || (!ipv6 && address.chars().filter(c -> c == '.').count() != 3)) {
      throw new IllegalArgumentException("not an IP prefix: " + text);
    }
    try {
      return InetAddress.ofLiteral(address);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not an IP prefix: " + text, e);
    }
  }

  /** The range that holds this address alone. */
  public static IpPrefix of(InetAddress address) {
    return of(address, address instanceof Inet4Address ? 32 : 128);
  }

  /**
   * The range of the addresses that have their first bits in common with this one.
   *
   * @throws IllegalArgumentException when the length is out of range
   */
  public static IpPrefix of(InetAddress address, int bits) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    if (address instanceof Inet6Address) {
      return new IpPrefix(bytes.getLong(), bytes.getLong(), bits);
    }
    return new IpPrefix(0, IpPacket.MAPPED | (bytes.getInt() & 0xffff_ffffL), bits);
  }

  /** The range that holds this address alone. */
  public static IpPrefix of(long high, long low) {
    return new IpPrefix(high, low, isIpv4(high, low) ? 32 : 128);
  }

  /** Whether these halves are an IPv6-mapped IPv4 address. */
  public static boolean isIpv4(long high, long low) {
    return high == 0 && low >>> 32 == 0xffff;
  }

  /** Whether this is a range of IPv4 addresses. */
  public boolean isIpv4() {
    return isIpv4(high, low);
  }

  /** Whether this range is one address. */
  public boolean isSingleAddress() {
    return bits == (isIpv4() ? 32 : 128);
  }

  /** Length of the prefix among 128 bits: 96 more than {@link #bits()} for IPv4. */
  public int mappedBits() {
    return isIpv4() ? bits + 96 : bits;
  }

  /**
   * Whether the address lies in the range. No IPv4 address lies in an IPv6 range, not even in
   * {@code ::/0}.
   */
  public boolean contains(long addressHigh, long addressLow) {
    int significant = mappedBits();
    return isIpv4(addressHigh, addressLow) == isIpv4()
        && ((addressHigh ^ high) & mask(significant)) == 0
        && ((addressLow ^ low) & mask(significant - 64)) == 0;
  }

  /** Whether every address of the other range lies in this one. */
  public boolean contains(IpPrefix other) {
    return other.bits >= bits && contains(other.high, other.low);
  }

  /** The first address of the range. */
  public InetAddress address() {
    byte[] bytes =
        isIpv4()
            ? ByteBuffer.allocate(4).putInt((int) low).array()
            : ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of " + bytes.length + " bytes", e);
    }
  }

  /** The first address as text, IPv6 as in RFC 5952. */
  public String addressText() {
    return text(high, low);
  }

  /** An address as text, IPv6 as in RFC 5952. */
  public static String text(long high, long low) {
    if (isIpv4(high, low)) {
      return ((low >>> 24) & 0xff)
          + "."
          + ((low >>> 16) & 0xff)
          + "."
          + ((low >>> 8) & 0xff)
          + "."
          + (low & 0xff);
    }
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (int) ((i < 4 ? high : low) >>> (48 - 16 * (i & 3))) & 0xffff;
    }
    // The longest run of two or more zero groups is left out, the first one of equals.
    int start = -1;
    int longest = 1;
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && groups[end] == 0) {
        end++;
      }
      if (end - i > longest) {
        start = i;
        longest = end - i;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == start) {
        text.append("::");
        i += longest - 1;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(groups[i]));
    }
    return text.toString();
  }

  @Override
  public int compareTo(IpPrefix other) {
    return ORDER.compare(this, other);
  }

  /** {@code address/bits}. */
  @Override
  public String toString() {
    return addressText() + "/" + bits;
  }

  private static long mask(int bits) {
    if (bits <= 0) {
      return 0;
    }
    return bits >= 64 ? -1 : -1L << (64 - bits);
  }
}
