package org.tailjar.testkit;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * A UDP datagram, for devices whose packets a program handles itself (RFC 768, 791, 8200). No
 * fragments, options or extension headers.
 *
 * @param source of the family of the destination
 * @param destination resolved
 * @param payload what it carries; not copied
 */
public record Datagram(InetSocketAddress source, InetSocketAddress destination, byte[] payload) {

  private static final int UDP = 17;
  private static final int UDP_HEADER = 8;
  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;
  private static final int HOP_LIMIT = 64;

  /** The payload as UTF-8. */
  public String text() {
    return new String(payload, StandardCharsets.UTF_8);
  }

  /** The whole IP packet, with its checksums. */
  public byte[] packet() {
    byte[] from = source.getAddress().getAddress();
    byte[] to = destination.getAddress().getAddress();
    boolean four = from.length == 4;
    int transport = four ? IPV4_HEADER : IPV6_HEADER;
    int length = UDP_HEADER + payload.length;
    ByteBuffer packet = ByteBuffer.allocate(transport + length);
    if (four) {
      packet.putShort((short) 0x4500).putShort((short) packet.capacity()).putInt(0);
      packet.put((byte) HOP_LIMIT).put((byte) UDP).putShort((short) 0).put(from).put(to);
      packet.putShort(10, (short) ~sum(packet, 0, IPV4_HEADER, 0));
    } else {
      packet.putInt(0x60000000).putShort((short) length).put((byte) UDP).put((byte) HOP_LIMIT);
      packet.put(from).put(to);
    }
    packet.putShort((short) source.getPort()).putShort((short) destination.getPort());
    packet.putShort((short) length).putShort((short) 0).put(payload);
    int addresses = transport - from.length - to.length;
    int checksum = ~sum(packet, addresses, packet.capacity(), UDP + length) & 0xFFFF;
    // A sum of zero would mean that there is none.
    packet.putShort(transport + 6, (short) (checksum == 0 ? 0xFFFF : checksum));
    return packet.array();
  }

  /** The datagram in an IP packet; empty when it is something else. Checksums are not checked. */
  public static Optional<Datagram> parse(byte[] packet) {
    if (packet.length == 0) {
      return Optional.empty();
    }
    boolean four = packet[0] == 0x45;
    int transport = four ? IPV4_HEADER : IPV6_HEADER;
    if (!four && packet[0] >> 4 != 6 || packet.length < transport + UDP_HEADER) {
      return Optional.empty();
    }
    int addressLength = four ? 4 : 16;
    ByteBuffer in = ByteBuffer.wrap(packet);
    int end = transport + Short.toUnsignedInt(in.getShort(transport + 4));
    boolean fragment = four && (in.getShort(6) & 0x3FFF) != 0;
    if (packet[four ? 9 : 6] != UDP || fragment || end < transport + UDP_HEADER) {
      return Optional.empty();
    }
    if (end > packet.length) {
      return Optional.empty();
    }
    int from = transport - 2 * addressLength;
    return Optional.of(
        new Datagram(
            socket(packet, from, addressLength, in.getShort(transport)),
            socket(packet, from + addressLength, addressLength, in.getShort(transport + 2)),
            Arrays.copyOfRange(packet, transport + UDP_HEADER, end)));
  }

  private static InetSocketAddress socket(byte[] packet, int offset, int length, short port) {
    try {
      InetAddress address =
          InetAddress.getByAddress(Arrays.copyOfRange(packet, offset, offset + length));
      return new InetSocketAddress(address, Short.toUnsignedInt(port));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // its length is right
    }
  }

  /** The ones' complement sum of RFC 1071, an odd last byte padded. */
  private static int sum(ByteBuffer bytes, int from, int to, int start) {
    int sum = start;
    for (int i = from; i < to; i += 2) {
      sum += i + 1 < to ? Short.toUnsignedInt(bytes.getShort(i)) : (bytes.get(i) & 0xFF) << 8;
    }
    while (sum >>> 16 != 0) {
      sum = (sum & 0xFFFF) + (sum >>> 16);
    }
    return sum;
  }
}
