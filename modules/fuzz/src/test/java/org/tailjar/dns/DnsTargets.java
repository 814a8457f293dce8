package org.tailjar.dns;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.tailjar.fuzz.FuzzTarget;

/** What programs ask, what nameservers answer, and what others write into resolv.conf. */
public final class DnsTargets {

  private static final InetAddress WEB = InetAddress.ofLiteral("100.64.0.7");
  private static final InetAddress SERVICE = InetAddress.ofLiteral("100.100.100.100");
  private static final List<DnsName> SEARCH = List.of(new DnsName("example.ts"));

  private static final MagicDns MAGIC =
      new MagicDns(
          DnsNames.builder()
              .host(new DnsName("web.example.ts"), List.of(WEB))
              .reverse(WEB, new DnsName("web.example.ts"))
              .route(new DnsName("example.ts"), List.of())
              .tailnetReverseZones()
              .searchDomain(new DnsName("example.ts"))
              .build(),
          List.of(Nameserver.at(InetAddress.ofLiteral("127.0.0.11"))));

  /** {@code web.example.ts A}, and the same with EDNS. */
  private static final byte[] PLAIN =
      HexFormat.of()
          .parseHex("12340100000100000000000003776562076578616d706c6502747300" + "00010001");

  private static final byte[] EDNS =
      HexFormat.of()
          .parseHex(
              "12340100000100000000000103776562076578616d706c6502747300"
                  + "00010001"
                  + "00002904d000000000"
                  + "0000");

  private DnsTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    return List.of(
        new FuzzTarget("dns-question", () -> List.of(PLAIN, EDNS), DnsTargets::question),
        new FuzzTarget("dns-answer", DnsTargets::answerSeeds, DnsTargets::answer),
        new FuzzTarget("resolv-conf", DnsTargets::fileSeeds, DnsTargets::file));
  }

  private static void question(byte[] message) {
    if (message.length < Question.HEADER) {
      return; // such are dropped unread
    }
    try {
      Question question = Question.parse(message);
      if (MAGIC.decide(question) instanceof MagicDns.Decision.Answer(var response)) {
        byte[] datagram = Responses.forUdp(question, response);
        check(datagram.length <= Responses.MAX_UDP, "too long for a datagram");
        check(Responses.answers(response, question, question.id()), "no answer to the question");
      }
    } catch (Question.MalformedException e) {
      check(Responses.malformed(message, e.code()).length == Question.HEADER, "not a header");
    }
  }

  private static List<byte[]> answerSeeds() {
    byte[] answer =
        ByteBuffer.allocate(PLAIN.length + 16)
            .put(PLAIN)
            .put(HexFormat.of().parseHex("c00c000100010000003c000464400007"))
            .putShort(2, (short) 0x8180)
            .putShort(6, (short) 1)
            .array();
    return List.of(answer, HexFormat.of().parseHex("123481850000000000000000"));
  }

  private static void answer(byte[] message) {
    try {
      Question question = Question.parse(PLAIN);
      if (Responses.answers(message, question, question.id())) {
        Responses.isDefinite(message);
        byte[] datagram = Responses.forUdp(question, message);
        check(datagram.length <= Question.PLAIN_UDP_SIZE, "too long for a datagram");
      }
    } catch (Question.MalformedException e) {
      throw new AssertionError(e);
    }
  }

  private static List<byte[]> fileSeeds() {
    String docker = "nameserver 127.0.0.11\nsearch corp.example.com\noptions ndots:0\n";
    return List.of(
        docker.getBytes(StandardCharsets.ISO_8859_1),
        ResolvConf.serving(docker, SERVICE, SEARCH).getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void file(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    ResolvConf.parse(text);
    ResolvConf.isTorn(text);
    ResolvConf.withoutOurs(text);
    ResolvConf.former(text);
    String serving = ResolvConf.serving(text, SERVICE, SEARCH);
    check(ResolvConf.former(serving).equals(Optional.of(text)), "content is lost");
    check(ResolvConf.parse(serving).nameservers().equals(List.of(SERVICE)), "another nameserver");
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
