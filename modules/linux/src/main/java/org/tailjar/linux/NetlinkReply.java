package org.tailjar.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One message from routing netlink: the fixed part of its family, then attributes.
 *
 * @param type such as RTM_NEWLINK
 * @param flags such as NLM_F_MULTI
 * @param sequence the number of the request that it answers
 * @param body all behind the message header
 */
record NetlinkReply(int type, int flags, int sequence, ByteBuffer body) {

  static final int ERROR = 2;
  static final int DONE = 3;

  private static final int CAPPED = 0x100;
  private static final int HAS_ATTRIBUTES = 0x200;
  private static final int ATTRIBUTE_MESSAGE = 1;
  private static final int TYPE_MASK = 0x3fff;

  /**
   * Takes a datagram of the kernel's apart.
   *
   * @throws IllegalArgumentException when a length in it is wrong
   */
  static List<NetlinkReply> parse(byte[] datagram, int length) {
    List<NetlinkReply> replies = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.wrap(datagram, 0, length).order(ByteOrder.nativeOrder());
    int at = 0;
    while (at + NetlinkMessage.HEADER <= length) {
      int size = buffer.getInt(at);
      if (size < NetlinkMessage.HEADER || size > length - at) {
        throw new IllegalArgumentException("a netlink message of " + size + " bytes");
      }
      ByteBuffer body =
          buffer
              .slice(at + NetlinkMessage.HEADER, size - NetlinkMessage.HEADER)
              .order(ByteOrder.nativeOrder());
      replies.add(
          new NetlinkReply(
              buffer.getShort(at + 4) & 0xffff,
              buffer.getShort(at + 6) & 0xffff,
              buffer.getInt(at + 8),
              body));
      at += (size + 3) & ~3;
    }
    return replies;
  }

  /** Of an ERROR or DONE message: 0 for success, else the error number. */
  int errno() {
    return body.remaining() >= 4 ? -body.getInt(0) : 0;
  }

  /** Of an ERROR message: what the kernel says of it (NETLINK_EXT_ACK), may be empty. */
  String errorText() {
    if ((flags & HAS_ATTRIBUTES) == 0 || body.remaining() < 4 + NetlinkMessage.HEADER) {
      return "";
    }
    int request = (flags & CAPPED) != 0 ? NetlinkMessage.HEADER : body.getInt(4);
    byte[] text = attributes(4 + ((request + 3) & ~3)).get(ATTRIBUTE_MESSAGE);
    return text == null ? "" : string(text);
  }

  /** The attributes behind a fixed part of that many bytes; of equal ones the last. */
  Map<Integer, byte[]> attributes(int fixedLength) {
    Map<Integer, byte[]> attributes = new HashMap<>();
    int at = fixedLength;
    while (at >= 0 && at + 4 <= body.limit()) {
      int length = body.getShort(at) & 0xffff;
      if (length < 4 || length > body.limit() - at) {
        break;
      }
      byte[] value = new byte[length - 4];
      body.get(at + 4, value);
      attributes.put(body.getShort(at + 2) & TYPE_MASK, value);
      at += (length + 3) & ~3;
    }
    return attributes;
  }

  /** One byte of the fixed part. */
  int unsignedByte(int offset) {
    return body.get(offset) & 0xff;
  }

  /** Of a message about addresses, routes or rules, whose fixed parts begin with it. */
  int family() {
    return unsignedByte(0);
  }

  static int integer(byte @Nullable [] value, int otherwise) {
    return value == null || value.length < 4
        ? otherwise
        : ByteBuffer.wrap(value).order(ByteOrder.nativeOrder()).getInt();
  }

  static String string(byte[] value) {
    int end = 0;
    while (end < value.length && value[end] != 0) {
      end++;
    }
    return new String(value, 0, end, StandardCharsets.US_ASCII);
  }

  /** The upper half of an address of 4 or 16 bytes, IPv4 in IPv6-mapped form. */
  static long high(byte[] raw) {
    return raw.length == 4 ? 0 : ByteBuffer.wrap(raw).getLong();
  }

  /** Its lower half. */
  static long low(byte[] raw) {
    return raw.length == 4
        ? 0x0000_ffff_0000_0000L | (ByteBuffer.wrap(raw).getInt() & 0xffff_ffffL)
        : ByteBuffer.wrap(raw).getLong(8);
  }
}
