package org.tailjar.dataplane;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;
import org.tailjar.packet.Checksum;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.IpPrefix;

/** Complete packets, with right checksums. */
final class Packets {

  private Packets() {}

  static byte[] udp(String source, String destination, int port, byte[] payload) {
    return udp(source, 4000, destination, port, payload);
  }

  static byte[] udp(String source, int sourcePort, String destination, int port, byte[] payload) {
    ByteBuffer body = ByteBuffer.allocate(8 + payload.length);
    body.putShort((short) sourcePort).putShort((short) port).putShort((short) body.capacity());
    body.putShort((short) 0).put(payload);
    return ip(source, destination, IpPacket.UDP, body.array(), 6);
  }

  /** A UDP packet that carries a number. */
  static byte[] numbered(String source, String destination, int number) {
    return udp(source, destination, 9, ByteBuffer.allocate(4).putInt(number).array());
  }

  static int number(byte[] packet) {
    return ByteBuffer.wrap(packet).getInt(packet.length - 4);
  }

  static byte[] tcp(String source, String destination, int sequence, int flags, byte[] payload) {
    ByteBuffer body = ByteBuffer.allocate(20 + payload.length);
    body.putShort((short) 4000).putShort((short) 80).putInt(sequence).putInt(7);
    body.put((byte) 0x50).put((byte) flags).putShort((short) 500).putInt(0).put(payload);
    return ip(source, destination, IpPacket.TCP, body.array(), 16);
  }

  static byte[] ip(String source, String destination, int protocol, byte[] body, int checksumAt) {
    IpPrefix from = IpPrefix.parse(source);
    IpPrefix to = IpPrefix.parse(destination);
    int headerLength = from.isIpv4() ? 20 : 40;
    ByteBuffer packet = ByteBuffer.allocate(headerLength + body.length);
    if (from.isIpv4()) {
      packet.put(0, (byte) 0x45).putShort(2, (short) packet.capacity());
      packet.putShort(6, (short) 0x4000).put(8, (byte) 64).put(9, (byte) protocol);
      packet.putInt(12, (int) from.low()).putInt(16, (int) to.low());
    } else {
      packet.put(0, (byte) 0x60).putShort(4, (short) body.length);
      packet.put(6, (byte) protocol).put(7, (byte) 64);
      packet.putLong(8, from.high()).putLong(16, from.low());
      packet.putLong(24, to.high()).putLong(32, to.low());
    }
    packet.put(headerLength, body);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(packet.capacity());
      memory.copyFrom(MemorySegment.ofArray(packet.array()));
      if (from.isIpv4()) {
        packet.putShort(10, (short) Checksum.of(memory, 0, 20));
      }
      if (checksumAt >= 0) {
        int pseudo =
            Checksum.pseudoHeader(
                from.high(), from.low(), to.high(), to.low(), protocol, body.length);
        int sum = pseudo + Checksum.partial(memory, headerLength, body.length);
        packet.putShort(headerLength + checksumAt, (short) ~Checksum.fold(sum));
      }
    }
    return packet.array();
  }

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    RandomGenerator.of("L64X128MixRandom").nextBytes(bytes);
    return bytes;
  }
}
