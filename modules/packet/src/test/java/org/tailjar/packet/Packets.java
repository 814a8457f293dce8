package org.tailjar.packet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Builds complete packets, byte by byte and apart from the code under test, for tests. */
final class Packets {

  static final byte[] CLIENT4 = {100, 64, 0, 1};
  static final byte[] SERVER4 = {100, 64, 0, 2};
  static final byte[] CLIENT6 = {(byte) 0xfd, 0x7a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  static final byte[] SERVER6 = {(byte) 0xfd, 0x7a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};

  private Packets() {}

  /** A TCP packet; the values that a test does not set are those of an ordinary data segment. */
  static final class Tcp {
    boolean ipv6;
    int id = 1000;
    boolean dontFragment = true;
    int tos;
    int ttl = 64;
    int from = 40_000;
    int to = 443;
    int sequence = 1;
    int acknowledgement = 77;
    int flags = IpPacket.ACK;
    int window = 502;
    int urgent;
    byte[] options = new byte[0];
    byte[] payload = new byte[0];

    byte[] build() {
      byte[] tcp = new byte[20 + options.length + payload.length];
      putShort(tcp, 0, from);
      putShort(tcp, 2, to);
      putInt(tcp, 4, sequence);
      putInt(tcp, 8, acknowledgement);
      tcp[12] = (byte) ((20 + options.length) / 4 << 4);
      tcp[13] = (byte) flags;
      putShort(tcp, 14, window);
      putShort(tcp, 18, urgent);
      System.arraycopy(options, 0, tcp, 20, options.length);
      System.arraycopy(payload, 0, tcp, 20 + options.length, payload.length);
      return ip(this.ipv6, id, dontFragment, tos, ttl, IpPacket.TCP, tcp, 16);
    }
  }

  static byte[] udp(boolean ipv6, int id, int from, int to, byte[] payload) {
    byte[] udp = new byte[8 + payload.length];
    putShort(udp, 0, from);
    putShort(udp, 2, to);
    putShort(udp, 4, udp.length);
    System.arraycopy(payload, 0, udp, 8, payload.length);
    byte[] packet = ip(ipv6, id, true, 0, 64, IpPacket.UDP, udp, 6);
    int at = (ipv6 ? 40 : 20) + 6;
    if (packet[at] == 0 && packet[at + 1] == 0) {
      putShort(packet, at, 0xffff);
    }
    return packet;
  }

  static byte[] ip(
      boolean ipv6,
      int id,
      boolean dontFragment,
      int tos,
      int ttl,
      int protocol,
      byte[] transport,
      int checksumOffset) {
    byte[] source = ipv6 ? CLIENT6 : CLIENT4;
    byte[] destination = ipv6 ? SERVER6 : SERVER4;
    int header = ipv6 ? 40 : 20;
    byte[] packet = new byte[header + transport.length];
    if (ipv6) {
      putInt(packet, 0, 0x6000_0000 | tos << 20 | 0x12345);
      putShort(packet, 4, transport.length);
      packet[6] = (byte) protocol;
      packet[7] = (byte) ttl;
      System.arraycopy(source, 0, packet, 8, 16);
      System.arraycopy(destination, 0, packet, 24, 16);
    } else {
      packet[0] = 0x45;
      packet[1] = (byte) tos;
      putShort(packet, 2, packet.length);
      putShort(packet, 4, id);
      putShort(packet, 6, dontFragment ? 0x4000 : 0);
      packet[8] = (byte) ttl;
      packet[9] = (byte) protocol;
      System.arraycopy(source, 0, packet, 12, 4);
      System.arraycopy(destination, 0, packet, 16, 4);
      putShort(packet, 10, complement(sum(packet, 0, 20)));
    }
    System.arraycopy(transport, 0, packet, header, transport.length);
    if (checksumOffset >= 0) {
      long pseudo =
          sum(source, 0, source.length)
              + sum(destination, 0, destination.length)
              + protocol
              + transport.length;
      putShort(
          packet,
          header + checksumOffset,
          complement(pseudo + sum(transport, 0, transport.length)));
    }
    return packet;
  }

  /** The sum of 16-bit words, the slow and plain way. */
  static long sum(byte[] bytes, int offset, int length) {
    long sum = 0;
    for (int i = 0; i < length; i++) {
      int value = bytes[offset + i] & 0xff;
      sum += (i & 1) == 0 ? value << 8 : value;
    }
    return sum;
  }

  static int complement(long sum) {
    long folded = sum;
    while (folded > 0xffff) {
      folded = (folded >>> 16) + (folded & 0xffff);
    }
    return (int) ~folded & 0xffff;
  }

  /** Whether IPv4 header and transport checksums are right; fails for what has none. */
  static boolean isRight(byte[] packet) {
    boolean ipv6 = packet[0] >>> 4 == 6;
    int header = ipv6 ? 40 : (packet[0] & 0x0f) * 4;
    int protocol = packet[ipv6 ? 6 : 9];
    long pseudo =
        (ipv6 ? sum(packet, 8, 32) : sum(packet, 12, 8)) + protocol + packet.length - header;
    return (ipv6 || complement(sum(packet, 0, header)) == 0)
        && complement(pseudo + sum(packet, header, packet.length - header)) == 0;
  }

  static MemorySegment offHeap(byte[] bytes) {
    MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, bytes.length));
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return memory;
  }

  static byte[] bytes(MemorySegment memory, long offset, int length) {
    return memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
  }

  static byte[] payload(int length, int seed) {
    byte[] payload = new byte[length];
    for (int i = 0; i < length; i++) {
      payload[i] = (byte) (seed * 131 + i * 7 + (i >> 8));
    }
    return payload;
  }

  static int shortAt(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }

  static int intAt(byte[] bytes, int at) {
    return shortAt(bytes, at) << 16 | shortAt(bytes, at + 2);
  }

  static void putShort(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (value >>> 8);
    bytes[at + 1] = (byte) value;
  }

  static void putInt(byte[] bytes, int at, int value) {
    putShort(bytes, at, value >>> 16);
    putShort(bytes, at + 2, value);
  }

  static byte[] slice(byte[] bytes, int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }
}
