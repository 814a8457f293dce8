package org.tailjar.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsOpCode;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordDecoder;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.util.ReferenceCountUtil;
import java.util.Arrays;

/**
 * One DNS query (RFC 1035 4.1).
 *
 * @param message the whole of it
 * @param end offset behind the question, which follows the header
 * @param name what is asked for, as the client wrote it but for the dot at its end
 * @param type the record type asked for
 * @param dnsClass the class asked for
 * @param edns whether the client speaks EDNS (RFC 6891)
 * @param ednsVersion its version of that
 * @param udpSize bytes that it takes in a datagram
 */
record Question(
    byte[] message,
    int end,
    String name,
    DnsRecordType type,
    int dnsClass,
    boolean edns,
    int ednsVersion,
    int udpSize) {

  /** Length of a message's header. */
  static final int HEADER = 12;

  /** What every client takes in a datagram (RFC 1035 2.3.4). */
  static final int PLAIN_UDP_SIZE = 512;

  /** The bit in the third byte that says that a message is a response. */
  static final int RESPONSE = 0x80;

  private static final int MOST_ADDITIONAL = 32;

  /** A message that is no question to answer with data. */
  static final class MalformedException extends Exception {

    private static final long serialVersionUID = 1;

    private final transient DnsResponseCode code;

    MalformedException(DnsResponseCode code) {
      super("no question: " + code, null, false, false);
      this.code = code;
    }

    /** What the client is told. */
    DnsResponseCode code() {
      return code;
    }
  }

  /**
   * Reads a query.
   *
   * @param message at least a header, and not a response
   * @throws MalformedException when it cannot be understood
   */
  static Question parse(byte[] message) throws MalformedException {
    if ((message[2] >> 3 & 0xf) != DnsOpCode.QUERY.byteValue()) {
      throw new MalformedException(DnsResponseCode.NOTIMP);
    }
    ByteBuf in = Unpooled.wrappedBuffer(message);
    try {
      // One question in a query (RFC 9619), and nothing that belongs in an answer.
      if (in.getUnsignedShort(4) != 1 || in.getInt(6) != 0) {
        throw new MalformedException(DnsResponseCode.FORMERR);
      }
      in.skipBytes(HEADER);
      String name = DefaultDnsRecordDecoder.decodeName(in);
      DnsRecordType type = DnsRecordType.valueOf(in.readUnsignedShort());
      int dnsClass = in.readUnsignedShort();
      int end = in.readerIndex();
      Question plain =
          new Question(
              message,
              end,
              name.endsWith(".") ? name.substring(0, name.length() - 1) : name,
              type,
              dnsClass,
              false,
              0,
              PLAIN_UDP_SIZE);
      // A question copied into a response may not point elsewhere.
      if (end - HEADER - 4 != plain.dnsName().wireLength()) {
        throw new MalformedException(DnsResponseCode.FORMERR);
      }
      return plain.withAdditional(in, in.getUnsignedShort(10));
    } catch (MalformedException e) {
      throw e;
    } catch (Exception e) { // what the decoder throws for bytes that make no sense
      throw new MalformedException(DnsResponseCode.FORMERR);
    }
  }

  private Question withAdditional(ByteBuf in, int count) throws Exception {
    if (count > MOST_ADDITIONAL) {
      throw new MalformedException(DnsResponseCode.FORMERR);
    }
    Question found = this;
    for (int i = 0; i < count; i++) {
      DnsRecord record = DnsRecordDecoder.DEFAULT.decodeRecord(in);
      if (record == null) {
        throw new MalformedException(DnsResponseCode.FORMERR);
      }
      try {
        if (record.type().equals(DnsRecordType.OPT)) {
          if (found.edns) {
            throw new MalformedException(DnsResponseCode.FORMERR);
          }
          found = found.withEdns(record);
        }
      } finally {
        ReferenceCountUtil.release(record);
      }
    }
    return found;
  }

  private Question withEdns(DnsRecord opt) {
    int version = (int) (opt.timeToLive() >> 16) & 0xff;
    int size = Math.max(PLAIN_UDP_SIZE, opt.dnsClass());
    return new Question(message, end, name, type, dnsClass, true, version, size);
  }

  /** What is asked for. */
  DnsName dnsName() {
    return new DnsName(name);
  }

  /** Number that the client gave it. */
  int id() {
    return (message[0] & 0xff) << 8 | message[1] & 0xff;
  }

  /** The same query under another number. */
  byte[] withId(int id) {
    byte[] copy = message.clone();
    copy[0] = (byte) (id >> 8);
    copy[1] = (byte) id;
    return copy;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Question that && Arrays.equals(message, that.message);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(message);
  }

  @Override
  public String toString() {
    return name + " " + type.name();
  }
}
