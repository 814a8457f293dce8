package org.tailjar.dns;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes queries and reads responses byte by byte, apart from the code under test. */
final class Queries {

  static final int A = 1;
  static final int NS = 2;
  static final int SOA = 6;
  static final int PTR = 12;
  static final int TXT = 16;
  static final int AAAA = 28;
  static final int ANY = 255;
  static final int ID = 0x1234;

  private Queries() {}

  static byte[] query(String name, int type) {
    return message(0x0100, name, type, 1, new byte[0], 0);
  }

  static byte[] edns(String name, int type, int udpSize, int version) {
    byte[] opt =
        ByteBuffer.allocate(11)
            .put((byte) 0)
            .putShort((short) 41)
            .putShort((short) udpSize)
            .put((byte) 0)
            .put((byte) version)
            .putShort((short) 0)
            .putShort((short) 0)
            .array();
    return message(0x0100, name, type, 1, opt, 1);
  }

  static byte[] message(
      int flags, String name, int type, int dnsClass, byte[] additional, int additionalCount) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeShort(ID);
      out.writeShort(flags);
      out.writeShort(1);
      out.writeInt(0);
      out.writeShort(additionalCount);
      writeName(out, name);
      out.writeShort(type);
      out.writeShort(dnsClass);
      out.write(additional);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void writeName(DataOutputStream out, String name) throws IOException {
    for (String label : name.isEmpty() ? new String[0] : name.split("\\.")) {
      byte[] text = label.getBytes(StandardCharsets.US_ASCII);
      out.writeByte(text.length);
      out.write(text);
    }
    out.writeByte(0);
  }

  /** A response of a nameserver with one address record for each of these, or with an error. */
  static byte[] response(byte[] query, int code, byte[]... addresses) {
    int end = end(query);
    ByteBuffer out = ByteBuffer.allocate(end + addresses.length * 28);
    out.put(query, 0, end);
    out.putShort(2, (short) (0x8180 | code));
    out.putShort(6, (short) addresses.length);
    out.putShort(10, (short) 0);
    for (byte[] address : addresses) {
      out.putShort((short) 0xc00c).putShort((short) (address.length == 4 ? A : AAAA));
      out.putShort((short) 1).putInt(60).putShort((short) address.length).put(address);
    }
    byte[] response = new byte[out.position()];
    out.get(0, response);
    return response;
  }

  private static int end(byte[] query) {
    int at = 12;
    while (query[at] != 0) {
      at += query[at] + 1;
    }
    return at + 5;
  }

  /** A record: its type, its time to live, and its data as text. */
  record Read(String name, int type, long ttl, String data) {}

  static int code(byte[] response) {
    return response[3] & 0xf;
  }

  static boolean truncated(byte[] response) {
    return (response[2] & 2) != 0;
  }

  static List<Read> answers(byte[] response) {
    ByteBuffer in = ByteBuffer.wrap(response);
    int count = in.getShort(6);
    in.position(end(response));
    List<Read> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      records.add(record(in));
    }
    return records;
  }

  static Read opt(byte[] response) {
    ByteBuffer in = ByteBuffer.wrap(response);
    in.position(end(response));
    for (int i = 0; i < in.getShort(6); i++) {
      record(in);
    }
    return record(in);
  }

  private static Read record(ByteBuffer in) {
    String name = name(in);
    int type = in.getShort() & 0xffff;
    in.getShort();
    long ttl = in.getInt() & 0xffff_ffffL;
    byte[] data = new byte[in.getShort() & 0xffff];
    int at = in.position();
    in.get(data);
    if (type == PTR) {
      return new Read(name, type, ttl, name(in.duplicate().position(at)));
    }
    try {
      return new Read(
          name,
          type,
          ttl,
          data.length == 0 ? "" : java.net.InetAddress.getByAddress(data).getHostAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String name(ByteBuffer in) {
    StringBuilder name = new StringBuilder();
    while (true) {
      int length = in.get() & 0xff;
      if (length == 0) {
        return name.toString();
      }
      if (length >= 0xc0) {
        int to = (length & 0x3f) << 8 | in.get() & 0xff;
        return name + name(in.duplicate().position(to));
      }
      byte[] label = new byte[length];
      in.get(label);
      name.append(new String(label, StandardCharsets.US_ASCII)).append('.');
    }
  }
}
