package org.tailjar.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DefaultDnsPtrRecord;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordEncoder;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes responses (RFC 1035 4.1, RFC 6891). */
final class Responses {

  /** How long a client may keep what is answered here, in seconds; the incumbent's. */
  static final int TIME_TO_LIVE = 600;

  /**
   * Longest response in a datagram, in bytes: with its headers it passes the least MTU of IPv6
   * unfragmented (RFC 9715).
   */
  static final int MAX_UDP = 1232;

  private static final int INTERNET = 1;
  private static final int AUTHORITATIVE = 0x04;
  private static final int TRUNCATED = 0x02;
  private static final int RECURSION_AVAILABLE = 0x80;
  private static final int CHECKING_DISABLED = 0x10;
  private static final int BAD_VERSION = 16;

  private Responses() {}

  /** A response to something that could not even be read; null when there is nothing to go by. */
  static byte[] malformed(byte[] message, DnsResponseCode code) {
    byte[] response = new byte[Question.HEADER];
    System.arraycopy(message, 0, response, 0, 4);
    response[2] |= (byte) Question.RESPONSE;
    response[3] = (byte) (RECURSION_AVAILABLE | code.intValue() & 0xf);
    return response;
  }

  /** A response without data. */
  static byte[] empty(Question question, DnsResponseCode code) {
    return response(question, code, false, List.of());
  }

  /** The addresses among these of the type that was asked for. */
  static byte[] addresses(Question question, List<InetAddress> addresses) {
    List<DnsRecord> records = new ArrayList<>();
    for (InetAddress address : addresses) {
      DnsRecordType type = address instanceof Inet4Address ? DnsRecordType.A : DnsRecordType.AAAA;
      if (question.type().equals(type) || question.type().equals(DnsRecordType.ANY)) {
        records.add(
            new DefaultDnsRawRecord(
                question.name(),
                type,
                INTERNET,
                TIME_TO_LIVE,
                Unpooled.wrappedBuffer(address.getAddress())));
      }
    }
    return response(question, DnsResponseCode.NOERROR, true, records);
  }

  /** The host behind a reverse name. */
  static byte[] pointer(Question question, DnsName host) {
    return response(
        question,
        DnsResponseCode.NOERROR,
        true,
        List.of(new DefaultDnsPtrRecord(question.name(), INTERNET, TIME_TO_LIVE, host.absolute())));
  }

  /** A response from here for the domains that are answered here. */
  static byte[] response(
      Question question, DnsResponseCode code, boolean authoritative, List<DnsRecord> records) {
    boolean badVersion = question.edns() && question.ednsVersion() != 0;
    List<DnsRecord> answers = badVersion ? List.of() : records;
    int extended = badVersion ? BAD_VERSION : code.intValue();
    ByteBuf out = Unpooled.buffer(256);
    out.writeBytes(question.message(), 0, question.end());
    int opcodeAndRecursion = question.message()[2] & 0x79;
    out.setByte(2, Question.RESPONSE | opcodeAndRecursion | (authoritative ? AUTHORITATIVE : 0));
    out.setByte(
        3, RECURSION_AVAILABLE | question.message()[3] & CHECKING_DISABLED | extended & 0xf);
    out.setShort(6, answers.size());
    out.setShort(8, 0);
    out.setShort(10, question.edns() ? 1 : 0);
    try {
      for (DnsRecord answer : answers) {
        DnsRecordEncoder.DEFAULT.encodeRecord(answer, out);
      }
      if (question.edns()) {
        long flags = (long) (extended >> 4) << 24;
        DnsRecordEncoder.DEFAULT.encodeRecord(
            new DefaultDnsRawRecord(".", DnsRecordType.OPT, MAX_UDP, flags, Unpooled.EMPTY_BUFFER),
            out);
      }
    } catch (Exception e) { // a name that cannot be written
      return malformed(question.message(), DnsResponseCode.SERVFAIL);
    }
    return Arrays.copyOf(out.array(), out.writerIndex());
  }

  /** A response as it goes into a datagram: without data, and marked so, when it is too long. */
  static byte[] forUdp(Question question, byte[] response) {
    if (response.length <= Math.min(question.udpSize(), MAX_UDP)) {
      return response;
    }
    byte[] cut = empty(question, DnsResponseCode.valueOf(response[3] & 0xf));
    cut[2] |= (byte) (response[2] & AUTHORITATIVE | TRUNCATED);
    return cut;
  }

  /**
   * Whether a message of a nameserver answers this very question, asked under this number. (Where
   * it came from, the socket knows.)
   */
  static boolean answers(byte[] message, Question question, int id) {
    if (message.length < Question.HEADER
        || (message[2] & Question.RESPONSE) == 0
        || ((message[0] & 0xff) << 8 | message[1] & 0xff) != id) {
      return false;
    }
    int questions = (message[4] & 0xff) << 8 | message[5] & 0xff;
    if (questions == 0) {
      return message.length == Question.HEADER && (message[3] & 0xf) != 0; // a mere refusal
    }
    if (questions != 1 || message.length < question.end()) {
      return false;
    }
    for (int i = Question.HEADER; i < question.end(); i++) {
      if (small(message[i]) != small(question.message()[i])) {
        return false;
      }
    }
    return true;
  }

  /** Whether a nameserver answered the question rather than failed at it. */
  static boolean isDefinite(byte[] response) {
    int code = response[3] & 0xf;
    return code == DnsResponseCode.NOERROR.intValue()
        || code == DnsResponseCode.NXDOMAIN.intValue();
  }

  /** The error code of a response, 0 for none. */
  static int code(byte[] response) {
    return response[3] & 0xf;
  }

  private static int small(byte letter) {
    return letter >= 'A' && letter <= 'Z' ? letter + 'a' - 'A' : letter;
  }
}
