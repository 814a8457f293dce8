package org.tailjar.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A view of the IPv4 or IPv6 header of one packet and the few transport fields that filters and the
 * coalescer need. Holds no copy of the bytes; reused from packet to packet by one thread.
 *
 * <p>An address is two longs, most significant first; an IPv4 address is in its IPv6-mapped form
 * ({@code high = 0}, {@code low = 0x0000ffff_aabbccdd}).
 */
public final class IpPacket {

  /** ICMP for IPv4. */
  public static final int ICMP = 1;

  /** Transmission Control Protocol. */
  public static final int TCP = 6;

  /** User Datagram Protocol. */
  public static final int UDP = 17;

  /** ICMP for IPv6. */
  public static final int ICMPV6 = 58;

  /** Stream Control Transmission Protocol. */
  public static final int SCTP = 132;

  /** TCP flag: no more data from the sender. */
  public static final int FIN = 0x01;

  /** TCP flag: synchronise sequence numbers. */
  public static final int SYN = 0x02;

  /** TCP flag: reset the connection. */
  public static final int RST = 0x04;

  /** TCP flag: push. */
  public static final int PSH = 0x08;

  /** TCP flag: the acknowledgement field counts. */
  public static final int ACK = 0x10;

  /** TCP flag: the urgent pointer counts. */
  public static final int URG = 0x20;

  /** TCP flag: ECN echo (RFC 3168). */
  public static final int ECE = 0x40;

  /** TCP flag: congestion window reduced (RFC 3168). */
  public static final int CWR = 0x80;

  /** What a mapped IPv4 address has in the upper half of its low long. */
  static final long MAPPED = 0x0000_ffff_0000_0000L;

  private static final int IPV6_HEADER = 40;
  private static final int HOP_BY_HOP = 0;
  private static final int ROUTING = 43;
  private static final int FRAGMENT = 44;
  private static final int AUTHENTICATION = 51;
  private static final int DESTINATION_OPTIONS = 60;

  private MemorySegment memory = MemorySegment.NULL;
  private long offset;
  private int version;
  private int headerLength;
  private int totalLength;
  private int protocol;
  private boolean fragment;
  private int fragmentOffset;
  private long sourceHigh;
  private long sourceLow;
  private long destinationHigh;
  private long destinationLow;

  /** A view of nothing; call {@link #wrap} before anything else. */
  public IpPacket() {}

  /**
   * Looks at a packet.
   *
   * @param length bytes that there are; may be more than the packet has by its own length field
   * @return false if that is not a well-formed IPv4 or IPv6 header with the bytes it promises; the
   *     view is then undefined
   */
  public boolean wrap(MemorySegment memory, long offset, int length) {
    if (length < 20) {
      return false;
    }
    this.memory = memory;
    this.offset = offset;
    version = (memory.get(ValueLayout.JAVA_BYTE, offset) & 0xff) >>> 4;
    return switch (version) {
      case 4 -> wrapIpv4(length);
      case 6 -> wrapIpv6(length);
      default -> false;
    };
  }

  private boolean wrapIpv4(int length) {
    headerLength = (memory.get(ValueLayout.JAVA_BYTE, offset) & 0x0f) * 4;
    totalLength = unsignedShort(2);
    if (headerLength < 20 || totalLength < headerLength || totalLength > length) {
      return false;
    }
    int flagsAndOffset = unsignedShort(6);
    fragment = (flagsAndOffset & 0x3fff) != 0;
    fragmentOffset = (flagsAndOffset & 0x1fff) * 8;
    protocol = unsignedByte(9);
    sourceHigh = 0;
    sourceLow = MAPPED | (memory.get(NetworkOrder.INT, offset + 12) & 0xffff_ffffL);
    destinationHigh = 0;
    destinationLow = MAPPED | (memory.get(NetworkOrder.INT, offset + 16) & 0xffff_ffffL);
    return true;
  }

  private boolean wrapIpv6(int length) {
    if (length < IPV6_HEADER) {
      return false;
    }
    totalLength = IPV6_HEADER + unsignedShort(4);
    if (totalLength > length) {
      return false;
    }
    sourceHigh = memory.get(NetworkOrder.LONG, offset + 8);
    sourceLow = memory.get(NetworkOrder.LONG, offset + 16);
    destinationHigh = memory.get(NetworkOrder.LONG, offset + 24);
    destinationLow = memory.get(NetworkOrder.LONG, offset + 32);
    fragment = false;
    fragmentOffset = 0;
    int next = unsignedByte(6);
    int at = IPV6_HEADER;
    // Every extension header is at least 8 bytes, so the walk ends (RFC 8200 4).
    while (fragmentOffset == 0 && isExtension(next)) {
      if (at + 8 > totalLength) {
        return false;
      }
      int size =
          switch (next) {
            case FRAGMENT -> 8;
            case AUTHENTICATION -> (unsignedByte(at + 1) + 2) * 4;
            default -> (unsignedByte(at + 1) + 1) * 8;
          };
      if (at + size > totalLength) {
        return false;
      }
      if (next == FRAGMENT) {
        fragment = true;
        fragmentOffset = unsignedShort(at + 2) & 0xfff8;
      }
      next = unsignedByte(at);
      at += size;
    }
    protocol = next;
    headerLength = at;
    return true;
  }

  private static boolean isExtension(int next) {
    return next == HOP_BY_HOP
        || next == ROUTING
        || next == FRAGMENT
        || next == AUTHENTICATION
        || next == DESTINATION_OPTIONS;
  }

  /** 4 or 6. */
  public int version() {
    return version;
  }

  /** Whether this is IPv4. */
  public boolean isIpv4() {
    return version == 4;
  }

  /** Bytes ahead of the transport header: the IP header with its options or extension headers. */
  public int headerLength() {
    return headerLength;
  }

  /** Bytes of the packet by its own length field. */
  public int totalLength() {
    return totalLength;
  }

  /** Number of the transport protocol, behind all extension headers. */
  public int protocol() {
    return protocol;
  }

  /** Upper half of the source address. */
  public long sourceHigh() {
    return sourceHigh;
  }

  /** Lower half of the source address. */
  public long sourceLow() {
    return sourceLow;
  }

  /** Upper half of the destination address. */
  public long destinationHigh() {
    return destinationHigh;
  }

  /** Lower half of the destination address. */
  public long destinationLow() {
    return destinationLow;
  }

  /** Whether this is a part of a packet, first or not. */
  public boolean isFragment() {
    return fragment;
  }

  /** Whether this is the part of a fragmented packet that holds the transport header. */
  public boolean isFirstFragment() {
    return fragment && fragmentOffset == 0;
  }

  /** Distance in bytes of this fragment's payload from that of the whole packet. */
  public int fragmentOffset() {
    return fragmentOffset;
  }

  /**
   * Whether the fixed part of the transport header is in these bytes: never in a later fragment,
   * and not in a packet that is cut short. Ports, flags and types are 0 without it.
   */
  public boolean hasTransportHeader() {
    return fragmentOffset == 0 && totalLength - headerLength >= minimumTransportHeader();
  }

  private int minimumTransportHeader() {
    return switch (protocol) {
      case TCP -> 20;
      case UDP -> 8;
      case SCTP -> 12;
      case ICMP, ICMPV6 -> 4;
      default -> 0;
    };
  }

  private boolean hasPorts() {
    return (protocol == TCP || protocol == UDP || protocol == SCTP) && hasTransportHeader();
  }

  /** Source port of TCP, UDP or SCTP; 0 where there is none. */
  public int sourcePort() {
    return hasPorts() ? unsignedShort(headerLength) : 0;
  }

  /** Destination port of TCP, UDP or SCTP; 0 where there is none. */
  public int destinationPort() {
    return hasPorts() ? unsignedShort(headerLength + 2) : 0;
  }

  /** The eight TCP flags ({@link #FIN} to {@link #CWR}); 0 where there is no TCP header. */
  public int tcpFlags() {
    return protocol == TCP && hasTransportHeader() ? unsignedByte(headerLength + 13) : 0;
  }

  /** Type of an ICMP or ICMPv6 message; -1 where there is none. */
  public int icmpType() {
    return (protocol == ICMP || protocol == ICMPV6) && hasTransportHeader()
        ? unsignedByte(headerLength)
        : -1;
  }

  private int unsignedByte(int at) {
    return memory.get(ValueLayout.JAVA_BYTE, offset + at) & 0xff;
  }

  private int unsignedShort(int at) {
    return memory.get(NetworkOrder.SHORT, offset + at) & 0xffff;
  }
}
