package org.tailjar.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On loopback addresses: 127.0.0.2 is the node's, and the client sits at the service address. */
@Timeout(180)
class DnsServerTests {

  private static final InetAddress OWN = InetAddress.ofLiteral("127.0.0.2");
  private static final InetAddress SERVICE = InetAddress.ofLiteral("127.0.0.3");
  private static final byte[] WEB = {100, 64, 0, 7};
  private static final byte[] WORLD = {(byte) 192, 0, 2, 1};

  @AutoClose private final FakeNameserver nameserver = FakeNameserver.start(WORLD);
  @AutoClose private final DnsServer server;

  DnsServerTests() throws IOException {
    server = DnsServer.open(List.of(new DnsServer.Address(OWN, SERVICE)));
    server.answerBy(magic(List.of(nameserver.address())));
  }

  private static MagicDns magic(List<Nameserver> former) throws IOException {
    DnsNames names =
        DnsNames.builder()
            .host(new DnsName("web.example.ts"), List.of(InetAddress.getByAddress(WEB)))
            .route(new DnsName("example.ts"), List.of())
            .searchDomain(new DnsName("example.ts"))
            .build();
    return new MagicDns(names, former);
  }

  @Test
  void aDatagramIsAnsweredHere() throws IOException {
    byte[] response = overUdp(SERVICE, Queries.query("web.example.ts", Queries.A)).orElseThrow();
    assertThat(Queries.answers(response))
        .containsExactly(new Queries.Read("web.example.ts.", Queries.A, 600, "100.64.0.7"));
  }

  @Test
  void aStreamTakesSeveralQuestions() throws IOException {
    List<byte[]> responses =
        overTcp(
            SERVICE,
            Queries.query("web.example.ts", Queries.A),
            Queries.query("www.example.org", Queries.A),
            Queries.query("no.example.ts", Queries.A));
    assertThat(responses).hasSize(3);
    assertThat(Queries.answers(responses.get(0)).getFirst().data()).isEqualTo("100.64.0.7");
    assertThat(Queries.answers(responses.get(1)).getFirst().data()).isEqualTo("192.0.2.1");
    assertThat(Queries.code(responses.get(2))).isEqualTo(3);
  }

  @Test
  void othersAreAskedUnderAnotherNumber() throws IOException {
    byte[] query = Queries.query("www.example.org", Queries.A);
    byte[] response = overUdp(SERVICE, query).orElseThrow();
    assertThat(Queries.answers(response).getFirst().data()).isEqualTo("192.0.2.1");
    assertThat(Arrays.copyOf(response, 2)).isEqualTo(Arrays.copyOf(query, 2));
    // Once more, if this machine was so slow that the answer seemed lost.
    assertThat(nameserver.questions()).containsOnly("www.example.org");
  }

  @Test
  void aNameOfOneLabelIsAskedOfOthersFirst() throws IOException {
    byte[] service = overUdp(SERVICE, Queries.query("db", Queries.A)).orElseThrow();
    assertThat(Queries.answers(service).getFirst().data()).isEqualTo("192.0.2.1");
    nameserver.knows(name -> !name.equals("web"));
    byte[] peer = overUdp(SERVICE, Queries.query("web", Queries.A)).orElseThrow();
    assertThat(Queries.answers(peer).getFirst().data()).isEqualTo("100.64.0.7");
  }

  @Test
  void peersGetNoAnswers() throws IOException {
    byte[] query = Queries.query("web.example.ts", Queries.A);
    assertThat(overUdp(InetAddress.ofLiteral("127.0.0.4"), query)).isEmpty();
    assertThat(overTcp(InetAddress.ofLiteral("127.0.0.4"), query)).isEmpty();
  }

  @Test
  void aDeadServerIsPassedOver() throws IOException, InterruptedException {
    try (DatagramSocket silent = new DatagramSocket(new InetSocketAddress(OWN, 0));
        FakeNameserver refusing = FakeNameserver.start(WORLD)) {
      refusing.code(5);
      Nameserver deaf = new Nameserver(new InetSocketAddress(OWN, silent.getLocalPort()));
      Question question = Question.parse(Queries.query("www.example.org", Queries.A));
      Upstream upstream = new Upstream(Duration.ofMillis(50), Duration.ofSeconds(60));
      List<Nameserver> servers = List.of(deaf, refusing.address(), nameserver.address());
      for (boolean tcp : new boolean[] {false, true}) {
        byte[] response = upstream.ask(question, servers, tcp).orElseThrow();
        assertThat(Queries.answers(response).getFirst().data()).isEqualTo("192.0.2.1");
      }
      assertThat(upstream.ask(question, List.of(refusing.address()), false).map(Queries::code))
          .contains(5);
      Upstream hasty = new Upstream(Duration.ofMillis(10), Duration.ofMillis(50));
      assertThat(hasty.ask(question, List.of(deaf), false)).isEmpty();
      assertThat(upstream.ask(question, List.of(), false)).isEmpty();
    } catch (Question.MalformedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aForgedAnswerIsPassedOver() throws IOException {
    nameserver.forgeFirst();
    byte[] response = overUdp(SERVICE, Queries.query("www.example.org", Queries.A)).orElseThrow();
    assertThat(Queries.answers(response).getFirst().data()).isEqualTo("192.0.2.1");
  }

  @Test
  void withoutNameserversTheFailureIsSaid() throws IOException {
    server.answerBy(magic(List.of()));
    byte[] response = overUdp(SERVICE, Queries.query("www.example.org", Queries.A)).orElseThrow();
    assertThat(Queries.code(response)).isEqualTo(2);
  }

  @Test
  void aLongAnswerComesByTcp() throws IOException {
    nameserver.copies(100);
    byte[] query = Queries.edns("www.example.org", Queries.A, 4096, 0);
    byte[] cut = overUdp(SERVICE, query).orElseThrow();
    assertThat(Queries.truncated(cut)).isTrue();
    assertThat(Queries.answers(overTcp(SERVICE, query).getFirst())).hasSize(100);
  }

  @Test
  void nonsenseDoesNotEndTheServer() throws IOException {
    overUdp(SERVICE, new byte[0], 50);
    overUdp(SERVICE, new byte[11], 50);
    byte[] response = new byte[12];
    response[2] = (byte) 0x80;
    overUdp(SERVICE, response, 50);
    assertThat(overUdp(SERVICE, new byte[12]).map(Queries::code)).contains(1);
    assertThat(overUdp(SERVICE, Queries.query("web.example.ts", Queries.A))).isPresent();
  }

  private Optional<byte[]> overUdp(InetAddress from, byte[] query) throws IOException {
    return overUdp(from, query, from.equals(SERVICE) ? 60_000 : 200);
  }

  private Optional<byte[]> overUdp(InetAddress from, byte[] query, int millis) throws IOException {
    DnsServer.Endpoint endpoint = server.endpoints().getFirst();
    try (DatagramSocket client = new DatagramSocket(new InetSocketAddress(from, 0))) {
      client.connect(OWN, endpoint.udpPort());
      client.send(new DatagramPacket(query, query.length));
      client.setSoTimeout(millis);
      byte[] buffer = new byte[4096];
      DatagramPacket received = new DatagramPacket(buffer, buffer.length);
      client.receive(received);
      return Optional.of(Arrays.copyOf(buffer, received.getLength()));
    } catch (SocketTimeoutException e) {
      return Optional.empty();
    }
  }

  private List<byte[]> overTcp(InetAddress from, byte[]... queries) throws IOException {
    DnsServer.Endpoint endpoint = server.endpoints().getFirst();
    try (Socket client = new Socket(OWN, endpoint.tcpPort(), from, 0)) {
      client.setSoTimeout(60_000);
      DataOutputStream out = new DataOutputStream(client.getOutputStream());
      for (byte[] query : queries) {
        DnsStream.write(out, query);
      }
      DataInputStream in = new DataInputStream(client.getInputStream());
      byte[][] responses = new byte[queries.length][];
      for (int i = 0; i < queries.length; i++) {
        responses[i] = DnsStream.read(in, 65_535);
      }
      return List.of(responses);
    } catch (IOException e) {
      if (from.equals(SERVICE)) {
        throw e;
      }
      return List.of();
    }
  }
}
