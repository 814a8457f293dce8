package org.tailjar.dataplane;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.ByteOrder;
import java.util.Optional;
import org.tailjar.packet.Checksum;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.IpPrefix;
import org.tailjar.packet.SuperPacket;

/**
 * Serves a well-known port of an address that no machine has, such as DNS at 100.100.100.100, by an
 * ordinary socket of this process, without an interface or a privilege of its own: what the system
 * sends to the service address is turned round and given back to it as if the service address had
 * sent it to the socket, and what the socket answers likewise.
 *
 * <pre>
 *   own:X -> service:53   becomes   service:X -> own:port
 *   own:port -> service:X becomes   service:53 -> own:X
 * </pre>
 *
 * <p>Either way the addresses change places, which leaves the sum of the pseudo-header as it is,
 * and one port changes (RFC 1624). There is no state. Immutable.
 *
 * @param ipv4 the service at an IPv4 address
 * @param ipv6 the service at an IPv6 address
 */
public record ServiceTurn(Optional<Side> ipv4, Optional<Side> ipv6) {

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  private static final int SOURCE_PORT = 0;
  private static final int DESTINATION_PORT = 2;
  private static final int UDP_CHECKSUM = 6;
  private static final int TCP_CHECKSUM = 16;

  /** Checks that each side is of its family. */
  public ServiceTurn {
    if (ipv4.isPresent() && !ipv4.get().isIpv4() || ipv6.isPresent() && ipv6.get().isIpv4()) {
      throw new IllegalArgumentException("an address of the other family");
    }
  }

  /**
   * The service in one family.
   *
   * @param own the address of this node that the sockets are bound to
   * @param service the address that others see
   * @param port the port that others see
   * @param udpPort the port that the UDP socket is bound to
   * @param tcpPort the port that the TCP socket is bound to
   */
  public record Side(IpPrefix own, IpPrefix service, int port, int udpPort, int tcpPort) {

    /** The service at an address, both of one family. */
    public static Side of(
        InetAddress own, InetAddress service, int port, int udpPort, int tcpPort) {
      return new Side(IpPrefix.of(own), IpPrefix.of(service), port, udpPort, tcpPort);
    }

    /** Checks families and ports. */
    public Side {
      if (own.isIpv4() != service.isIpv4()) {
        throw new IllegalArgumentException(own + " and " + service + " are of two families");
      }
      checkPort(port);
      checkPort(udpPort);
      checkPort(tcpPort);
    }

    private static void checkPort(int port) {
      if (port < 1 || port > 0xffff) {
        throw new IllegalArgumentException("port " + port);
      }
    }

    boolean isIpv4() {
      return own.isIpv4();
    }

    private boolean concerns(IpPacket ip) {
      return ip.destinationLow() == service.low()
          && ip.destinationHigh() == service.high()
          && ip.sourceLow() == own.low()
          && ip.sourceHigh() == own.high();
    }
  }

  /**
   * Turns a packet from the system round if it is one of the service's; its bytes are then changed
   * and it is to be written back. Everything else is left as it is.
   */
  boolean turn(SuperPacket packet, IpPacket ip) {
    Side side = (ip.isIpv4() ? ipv4 : ipv6).orElse(null);
    if (side == null || !side.concerns(ip) || ip.isFragment() || !ip.hasTransportHeader()) {
      return false;
    }
    boolean udp = ip.protocol() == IpPacket.UDP;
    if (!udp && ip.protocol() != IpPacket.TCP) {
      return false;
    }
    int socket = udp ? side.udpPort : side.tcpPort;
    long transport = (long) packet.start() + ip.headerLength();
    // In this order: a client's own port may well be that of the service.
    if (ip.sourcePort() == socket) {
      setPort(packet, transport, SOURCE_PORT, side.port, udp);
    } else if (ip.destinationPort() == side.port) {
      setPort(packet, transport, DESTINATION_PORT, socket, udp);
    } else {
      return false;
    }
    swapAddresses(packet, ip.isIpv4());
    return true;
  }

  private static void setPort(SuperPacket packet, long transport, int at, int port, boolean udp) {
    MemorySegment memory = packet.memory();
    int before = memory.get(SHORT, transport + at) & 0xffff;
    memory.set(SHORT, transport + at, (short) port);
    if (packet.offload() != SuperPacket.Offload.NONE) {
      return; // the field holds the sum of the pseudo-header, and no port is in that
    }
    long field = transport + (udp ? UDP_CHECKSUM : TCP_CHECKSUM);
    int checksum = memory.get(SHORT, field) & 0xffff;
    if (udp && checksum == 0) {
      return; // there is none (RFC 768)
    }
    int sum = Checksum.fold((~checksum & 0xffff) + (~before & 0xffff) + port);
    int updated = ~sum & 0xffff;
    memory.set(SHORT, field, (short) (udp && updated == 0 ? 0xffff : updated));
  }

  private static void swapAddresses(SuperPacket packet, boolean ipv4) {
    MemorySegment memory = packet.memory();
    long header = packet.start();
    if (ipv4) {
      int source = memory.get(INT, header + 12);
      memory.set(INT, header + 12, memory.get(INT, header + 16));
      memory.set(INT, header + 16, source);
      return;
    }
    for (long at = header + 8; at < header + 24; at += Long.BYTES) {
      long source = memory.get(LONG, at);
      memory.set(LONG, at, memory.get(LONG, at + 16));
      memory.set(LONG, at + 16, source);
    }
  }
}
