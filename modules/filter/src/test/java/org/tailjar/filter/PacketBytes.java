package org.tailjar.filter;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.IpPrefix;

/** Packets for tests: an IP header and the first bytes of a transport header. */
final class PacketBytes {

  static final int SYN = IpPacket.SYN;
  static final int ACK = IpPacket.ACK;

  private PacketBytes() {}

  static IpPacket tcp(String source, String destination, int port, int flags) {
    ByteBuffer header = ByteBuffer.allocate(20);
    header.putShort(0, (short) 40_000).putShort(2, (short) port);
    header.put(12, (byte) 0x50).put(13, (byte) flags);
    return ip(source, destination, IpPacket.TCP, header.array());
  }

  static IpPacket udp(String source, int sourcePort, String destination, int port) {
    return ported(IpPacket.UDP, source, sourcePort, destination, port);
  }

  static IpPacket ported(
      int protocol, String source, int sourcePort, String destination, int port) {
    ByteBuffer header = ByteBuffer.allocate(12);
    header.putShort((short) sourcePort).putShort((short) port);
    return ip(source, destination, protocol, header.array());
  }

  static IpPacket icmp(String source, String destination, int type) {
    int protocol = source.indexOf(':') < 0 ? IpPacket.ICMP : IpPacket.ICMPV6;
    return ip(source, destination, protocol, new byte[] {(byte) type, 0, 0, 0, 0, 0, 0, 0});
  }

  static IpPacket ip(String source, String destination, int protocol, byte[] payload) {
    return ip(source, destination, protocol, 0, payload);
  }

  /**
   * A packet whose fragment offset is in bytes; IPv6 has a fragment header only when it is not 0.
   */
  static IpPacket ip(
      String source, String destination, int protocol, int fragmentOffset, byte[] payload) {
    IpPrefix from = IpPrefix.parse(source);
    IpPrefix to = IpPrefix.parse(destination);
    ByteBuffer bytes;
    if (from.isIpv4()) {
      bytes = ByteBuffer.allocate(20 + payload.length);
      bytes.put(0, (byte) 0x45).putShort(2, (short) bytes.capacity());
      bytes.putShort(6, (short) (fragmentOffset / 8)).put(9, (byte) protocol);
      bytes.putInt(12, (int) from.low()).putInt(16, (int) to.low()).put(20, payload);
    } else {
      int extension = fragmentOffset == 0 ? 0 : 8;
      bytes = ByteBuffer.allocate(40 + extension + payload.length);
      bytes.put(0, (byte) 0x60).putShort(4, (short) (extension + payload.length));
      bytes.put(6, (byte) (extension == 0 ? protocol : 44));
      bytes.putLong(8, from.high()).putLong(16, from.low());
      bytes.putLong(24, to.high()).putLong(32, to.low());
      if (extension != 0) {
        bytes.put(40, (byte) protocol).putShort(42, (short) fragmentOffset);
      }
      bytes.put(40 + extension, payload);
    }
    MemorySegment memory = Arena.ofAuto().allocate(bytes.capacity());
    memory.copyFrom(MemorySegment.ofArray(bytes.array()));
    IpPacket packet = new IpPacket();
    if (!packet.wrap(memory, 0, bytes.capacity())) {
      throw new IllegalArgumentException("not a packet");
    }
    return packet;
  }
}
