package org.tailjar.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.dns.MagicDns.Decision;

class MagicDnsTests {

  private static final InetAddress WEB4 = InetAddress.ofLiteral("100.64.0.7");
  private static final InetAddress WEB6 = InetAddress.ofLiteral("fd7a:115c:a1e0::7");
  private static final Nameserver FORMER = server("127.0.0.11");
  private static final Nameserver OFFICE = server("10.1.1.1");
  private static final Nameserver LAB = server("10.2.2.2");
  private static final Nameserver GLOBAL = server("9.9.9.9");
  private static final Nameserver FALLBACK = server("1.1.1.1");

  private static final MagicDns MAGIC =
      new MagicDns(names().resolvers(List.of()).build(), List.of(FORMER));

  private static DnsNames.Builder names() {
    return DnsNames.builder()
        .host(new DnsName("web.example.ts."), List.of(WEB4))
        .host(new DnsName("both.example.ts."), List.of(WEB4, WEB6))
        .host(new DnsName("six.example.ts."), List.of(WEB6))
        .host(new DnsName("deep.zone.example.ts"), List.of(WEB4))
        .host(new DnsName("grafana.elsewhere.org"), List.of(WEB4))
        .reverse(WEB4, new DnsName("web.example.ts"))
        .reverse(WEB6, new DnsName("web.example.ts"))
        .route(new DnsName("example.ts"), List.of())
        .route(new DnsName("corp.example.com"), List.of(OFFICE))
        .route(new DnsName("lab.corp.example.com"), List.of(LAB))
        .tailnetReverseZones()
        .fallbacks(List.of(FALLBACK))
        .searchDomain(new DnsName("example.ts"))
        .vital(new DnsName("headscale.example.com"));
  }

  private static Nameserver server(String address) {
    return Nameserver.at(InetAddress.ofLiteral(address));
  }

  @ParameterizedTest
  @CsvSource({
    "web.example.ts, 1, 100.64.0.7",
    "WEB.Example.TS, 1, 100.64.0.7",
    "six.example.ts, 28, fd7a:115c:a1e0:0:0:0:0:7",
    "grafana.elsewhere.org, 1, 100.64.0.7",
    "7.0.64.100.in-addr.arpa, 12, web.example.ts.",
    "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.e.1.a.c.5.1.1.a.7.d.f.ip6.arpa, 12, web.example.ts.",
  })
  void aNameOfTheTailnetIsAnsweredHere(String name, int type, String expected) throws Exception {
    byte[] response = answered(Queries.query(name, type));
    assertThat(Queries.code(response)).isZero();
    assertThat(response[2] & 0x85).as("response, authoritative, recursion asked").isEqualTo(0x85);
    assertThat(response[3] & 0x80).as("recursion available").isEqualTo(0x80);
    assertThat(Queries.answers(response))
        .containsExactly(new Queries.Read(name + ".", type, 600, expected));
  }

  @Test
  void anyTypeMeansBothFamilies() throws Exception {
    assertThat(Queries.answers(answered(Queries.query("both.example.ts", Queries.ANY)))).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "web.example.ts, 28",
    "six.example.ts, 1",
    "web.example.ts, 16",
    "web.example.ts, 65",
    "zone.example.ts, 1",
    "example.ts, 6",
    "7.0.64.100.in-addr.arpa, 1"
  })
  void aNameThatHasNoSuchRecordExistsNevertheless(String name, int type) throws Exception {
    byte[] response = answered(Queries.query(name, type));
    assertThat(Queries.code(response)).isZero();
    assertThat(Queries.answers(response)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nobody.example.ts",
        "sub.web.example.ts",
        "9.0.64.100.in-addr.arpa",
        "facebookcorewwwi.onion"
      })
  void aNameThatNobodyHasDoesNotExist(String name) throws Exception {
    byte[] response = answered(Queries.query(name, Queries.A));
    assertThat(Queries.code(response)).isEqualTo(3);
  }

  @Test
  void questionsOfZonesAreNotAnswered() throws Exception {
    assertThat(Queries.code(answered(Queries.query("web.example.ts", Queries.NS)))).isEqualTo(4);
    assertThat(Queries.code(answered(Queries.query("web.example.ts", Queries.SOA)))).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({
    "host.corp.example.com, 10.1.1.1",
    "corp.example.com, 10.1.1.1",
    "a.lab.CORP.example.com, 10.2.2.2",
    "labcorp.example.com, 127.0.0.11",
    "www.example.org, 127.0.0.11",
    "db, 127.0.0.11",
    "notexample.ts, 127.0.0.11",
    "5.0.128.100.in-addr.arpa, 127.0.0.11"
  })
  void othersAreAskedByTheLongestDomain(String name, String server) throws Exception {
    assertThat(forwarded(MAGIC, name)).containsExactly(server(server));
  }

  @Test
  void resolversOfTheMapTakeThePlaceOfTheFormerOnes() throws Exception {
    MagicDns overriding = new MagicDns(names().resolvers(List.of(GLOBAL)).build(), List.of(FORMER));
    assertThat(forwarded(overriding, "www.example.org")).containsExactly(GLOBAL);
  }

  @Test
  void fallbacksAreForASystemWithoutNameservers() throws Exception {
    assertThat(forwarded(MAGIC, "www.example.org")).doesNotContain(FALLBACK);
    MagicDns alone = new MagicDns(names().build(), List.of());
    assertThat(forwarded(alone, "www.example.org")).containsExactly(FALLBACK);
  }

  @Test
  void theServersThatCarryTheTunnelAreFoundWithoutTheTunnel() throws Exception {
    MagicDns overriding = new MagicDns(names().resolvers(List.of(GLOBAL)).build(), List.of(FORMER));
    assertThat(forwarded(overriding, "headscale.example.com")).containsExactly(FORMER, GLOBAL);
  }

  @Test
  void aNameOfOneLabelIsAPeerWhenNobodyElseKnowsIt() throws Exception {
    Decision.Forward web =
        (Decision.Forward) MAGIC.decide(Question.parse(Queries.query("web", Queries.A)));
    assertThat(web.servers()).containsExactly(FORMER);
    byte[] otherwise = web.otherwise().orElseThrow().response();
    assertThat(Queries.answers(otherwise))
        .containsExactly(new Queries.Read("web.", Queries.A, 600, "100.64.0.7"));
    Decision.Forward db =
        (Decision.Forward) MAGIC.decide(Question.parse(Queries.query("db", Queries.A)));
    assertThat(db.otherwise()).isEmpty();
  }

  @Test
  void ednsIsAnsweredWithEdns() throws Exception {
    byte[] response = answered(Queries.edns("web.example.ts", Queries.A, 4096, 0));
    assertThat(Queries.answers(response)).hasSize(1);
    assertThat(Queries.opt(response).type()).isEqualTo(41);
    byte[] unknown = answered(Queries.edns("web.example.ts", Queries.A, 4096, 1));
    assertThat(Queries.code(unknown)).isZero();
    assertThat(Queries.opt(unknown).ttl() >> 24).as("upper bits of BADVERS").isEqualTo(1);
    assertThat(Queries.answers(unknown)).isEmpty();
  }

  @Test
  void aResponseTooLongForADatagramIsCutAndMarked() throws Exception {
    byte[][] many = new byte[100][];
    Arrays.fill(many, WEB4.getAddress());
    byte[] query = Queries.edns("www.example.org", Queries.A, 4096, 0);
    byte[] cut = Responses.forUdp(Question.parse(query), Queries.response(query, 0, many));
    assertThat(cut.length).isLessThanOrEqualTo(Responses.MAX_UDP);
    assertThat(Queries.truncated(cut)).isTrue();
    assertThat(Queries.answers(cut)).isEmpty();
    byte[] plain = Queries.query("www.example.org", Queries.A);
    byte[] of40 = Queries.response(plain, 0, Arrays.copyOf(many, 40));
    assertThat(Queries.truncated(Responses.forUdp(Question.parse(plain), of40))).isTrue();
    byte[] of20 = Queries.response(plain, 0, Arrays.copyOf(many, 20));
    assertThat(Responses.forUdp(Question.parse(plain), of20)).isSameAs(of20);
  }

  @Test
  void whatIsNoQuestionIsRefused() {
    byte[] two = Queries.query("web.example.ts", Queries.A);
    two[5] = 2;
    assertRefused(two, 1);
    byte[] none = Queries.query("web.example.ts", Queries.A);
    none[5] = 0;
    assertRefused(none, 1);
    byte[] withAnswer = Queries.query("web.example.ts", Queries.A);
    withAnswer[7] = 1;
    assertRefused(withAnswer, 1);
    assertRefused(Arrays.copyOf(two, 20), 1);
    assertRefused(Queries.message(0x2800, "web.example.ts", Queries.A, 1, new byte[0], 0), 4);
    byte[] pointer = Queries.query("web", Queries.A);
    pointer[12] = (byte) 0xc0;
    pointer[13] = 12;
    assertRefused(pointer, 1);
  }

  private static void assertRefused(byte[] message, int code) {
    assertThatThrownBy(() -> Question.parse(message))
        .isInstanceOfSatisfying(
            Question.MalformedException.class,
            e -> {
              assertThat(e.code().intValue()).isEqualTo(code);
              byte[] response = Responses.malformed(message, e.code());
              assertThat(Queries.code(response)).isEqualTo(code);
              assertThat(response).hasSize(12);
            });
  }

  @Test
  void anAnswerMustRepeatTheQuestionAndItsNumber() throws Exception {
    Question question = Question.parse(Queries.query("www.example.org", Queries.A));
    byte[] right = Queries.response(Queries.query("WWW.example.org", Queries.A), 0);
    assertThat(Responses.answers(right, question, Queries.ID)).isTrue();
    assertThat(Responses.answers(right, question, 1)).isFalse();
    assertThat(Responses.answers(question.message(), question, Queries.ID)).isFalse();
    byte[] another = Queries.response(Queries.query("www.example.net", Queries.A), 0);
    assertThat(Responses.answers(another, question, Queries.ID)).isFalse();
    byte[] otherType = Queries.response(Queries.query("www.example.org", Queries.AAAA), 0);
    assertThat(Responses.answers(otherType, question, Queries.ID)).isFalse();
    assertThat(Responses.answers(Arrays.copyOf(right, 11), question, Queries.ID)).isFalse();
  }

  @Test
  void randomBytesNeverDoMoreThanBeRefused() {
    Random random = new Random(3);
    byte[][] seeds = {
      Queries.query("web.example.ts", Queries.A),
      Queries.edns("7.0.64.100.in-addr.arpa", Queries.PTR, 1232, 0),
      Queries.query("", Queries.NS),
      Queries.query("both.example.ts", Queries.ANY)
    };
    for (int i = 0; i < 50_000; i++) {
      byte[] seed = seeds[random.nextInt(seeds.length)];
      byte[] message = Arrays.copyOf(seed, 12 + random.nextInt(seed.length));
      for (int j = random.nextInt(6); j > 0; j--) {
        message[random.nextInt(message.length)] = (byte) random.nextInt();
      }
      assertHarmless(message);
    }
  }

  private static void assertHarmless(byte[] message) {
    try {
      Question question = Question.parse(message);
      Responses.answers(message, question, question.id());
      if (MAGIC.decide(question) instanceof Decision.Answer(var response)) {
        assertThat(Responses.forUdp(question, response)).hasSizeGreaterThanOrEqualTo(12);
      }
    } catch (Question.MalformedException e) {
      assertThat(Responses.malformed(message, e.code())).hasSize(12);
    }
  }

  private static byte[] answered(byte[] query) throws Exception {
    return ((Decision.Answer) MAGIC.decide(Question.parse(query))).response();
  }

  private static List<Nameserver> forwarded(MagicDns magic, String name) throws Exception {
    Question question = Question.parse(Queries.query(name, Queries.A));
    return ((Decision.Forward) magic.decide(question)).servers();
  }
}
