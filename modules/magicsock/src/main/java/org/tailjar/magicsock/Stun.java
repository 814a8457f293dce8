package org.tailjar.magicsock;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * STUN binding requests and their answers (RFC 8489), no I/O. The request carries SOFTWARE and
 * FINGERPRINT, without which the STUN servers of DERP nodes do not answer.
 */
final class Stun {

  static final int MAGIC_COOKIE = 0x2112A442;
  private static final int HEADER_LENGTH = 20;
  private static final int BINDING_REQUEST = 0x0001;
  private static final int BINDING_SUCCESS = 0x0101;
  private static final int MAPPED_ADDRESS = 0x0001;
  private static final int XOR_MAPPED_ADDRESS = 0x0020;

  /** What servers of the draft before RFC 5389 used. */
  private static final int XOR_MAPPED_ADDRESS_DRAFT = 0x8020;

  private static final int SOFTWARE = 0x8022;
  private static final int FINGERPRINT = 0x8028;
  private static final int FINGERPRINT_XOR = 0x5354554E;
  private static final byte[] SOFTWARE_NAME = "tailnode".getBytes(StandardCharsets.US_ASCII);
  private static final int FAMILY_IPV4 = 1;
  private static final int FAMILY_IPV6 = 2;

  /**
   * A server's answer.
   *
   * @param id of the request
   * @param mapped where the server saw the request come from
   */
  record Response(TransactionId id, InetSocketAddress mapped) {}

  private Stun() {}

  static byte[] request(TransactionId id) {
    int attributes = 4 + SOFTWARE_NAME.length + 8;
    ByteBuffer packet = ByteBuffer.allocate(HEADER_LENGTH + attributes);
    packet.putShort((short) BINDING_REQUEST).putShort((short) attributes).putInt(MAGIC_COOKIE);
    id.put(packet);
    packet.putShort((short) SOFTWARE).putShort((short) SOFTWARE_NAME.length).put(SOFTWARE_NAME);
    // RFC 8489 14.7: over everything before the attribute, with the final length in the header.
    CRC32 crc = new CRC32();
    crc.update(packet.array(), 0, packet.position());
    packet.putShort((short) FINGERPRINT).putShort((short) 4);
    packet.putInt((int) crc.getValue() ^ FINGERPRINT_XOR);
    return packet.array();
  }

  /** Reads an answer; null when the bytes are not a successful one with an address in it. */
  static @Nullable Response parse(byte[] bytes) {
    if (bytes.length < HEADER_LENGTH) {
      return null;
    }
    ByteBuffer packet = ByteBuffer.wrap(bytes);
    int type = packet.getShort() & 0xffff;
    int length = packet.getShort() & 0xffff;
    if (type != BINDING_SUCCESS
        || packet.getInt() != MAGIC_COOKIE
        || length > bytes.length - HEADER_LENGTH) {
      return null;
    }
    TransactionId id = TransactionId.get(packet);
    packet.limit(HEADER_LENGTH + length);
    @Nullable InetSocketAddress plain = null;
    while (packet.remaining() >= 4) {
      int attribute = packet.getShort() & 0xffff;
      int size = packet.getShort() & 0xffff;
      if (size > packet.remaining()) {
        return null;
      }
      ByteBuffer value = packet.slice(packet.position(), size);
      packet.position(Math.min(packet.limit(), packet.position() + (size + 3 & ~3)));
      if (attribute == XOR_MAPPED_ADDRESS || attribute == XOR_MAPPED_ADDRESS_DRAFT) {
        InetSocketAddress mapped = address(value, id, true);
        if (mapped != null) {
          return new Response(id, mapped);
        }
      } else if (attribute == MAPPED_ADDRESS) {
        plain = address(value, id, false);
      }
    }
    return plain == null ? null : new Response(id, plain);
  }

  private static @Nullable InetSocketAddress address(
      ByteBuffer value, TransactionId id, boolean xor) {
    if (value.remaining() < 4) {
      return null;
    }
    int family = value.getShort() & 0xff;
    int port = value.getShort() & 0xffff;
    int length =
        switch (family) {
          case FAMILY_IPV4 -> 4;
          case FAMILY_IPV6 -> 16;
          default -> 0;
        };
    if (length == 0 || value.remaining() < length) {
      return null;
    }
    byte[] ip = new byte[length];
    value.get(ip);
    if (xor) {
      // RFC 8489 14.2: with the cookie, and behind it the transaction ID.
      ByteBuffer mask = ByteBuffer.allocate(4 + TransactionId.LENGTH).putInt(MAGIC_COOKIE);
      id.put(mask);
      for (int i = 0; i < length; i++) {
        ip[i] ^= mask.get(i);
      }
      port ^= MAGIC_COOKIE >>> 16;
    }
    return WireAddress.of(ip, port);
  }
}
