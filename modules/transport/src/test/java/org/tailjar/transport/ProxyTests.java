package org.tailjar.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections through a proxy that answers CONNECT. */
@Timeout(180)
class ProxyTests {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private final List<String> heads = new CopyOnWriteArrayList<>();

  /** Reads the request, connects to the port that it names, on loopback, and passes bytes on. */
  private void tunnel(Socket client) throws IOException {
    String head = readHead(client);
    String authority = head.split(" ")[1];
    int port = Integer.parseInt(authority.substring(authority.lastIndexOf(':') + 1));
    try (Socket onward = new Socket(InetAddress.getByName("127.0.0.1"), port)) {
      send(client, "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n");
      Thread.ofVirtual().start(() -> pass(onward, client));
      client.getInputStream().transferTo(onward.getOutputStream());
    }
  }

  private static void pass(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      Connection.closeQuietly(to);
    }
  }

  private String readHead(Socket client) throws IOException {
    StringBuilder head = new StringBuilder();
    InputStream in = client.getInputStream();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("no request");
      }
      head.append((char) next);
    }
    heads.add(head.toString());
    return head.toString();
  }

  private static void send(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    client.getOutputStream().flush();
  }

  private Path authority() throws IOException {
    Path file = directory.resolve("ca.pem");
    try (InputStream in = ProxyTests.class.getResourceAsStream("localhost.pem")) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }

  /** Resolves the proxy's name alone. */
  private static InetAddress[] resolve(String host) throws UnknownHostException {
    if (!host.equals("localhost") && !host.equals("127.0.0.1")) {
      throw new UnknownHostException(host + " is for the proxy to resolve");
    }
    return new InetAddress[] {InetAddress.ofLiteral("127.0.0.1")};
  }

  private Dialer dialer(String proxy) throws IOException {
    return Dialer.builder()
        .extraAuthorities(authority())
        .resolver(ProxyTests::resolve)
        .proxies(ProxyRules.of(Map.of("HTTP_PROXY", proxy, "HTTPS_PROXY", proxy)))
        .build();
  }

  private LoopbackServer proxy(String scheme) throws Exception {
    return scheme.equals("https")
        ? LoopbackServer.tls(this::tunnel)
        : LoopbackServer.plain(this::tunnel);
  }

  @ParameterizedTest
  @CsvSource({"http, false", "http, true", "https, false", "https, true"})
  void bytesPassThroughTheProxy(String scheme, boolean tls) throws Exception {
    try (LoopbackServer proxy = proxy(scheme);
        LoopbackServer server =
            tls
                ? LoopbackServer.tls(LoopbackServer.ECHO)
                : LoopbackServer.plain(LoopbackServer.ECHO)) {
      Destination named = Destination.plain("hs.example", server.port());
      Destination destination = tls ? named.with(new Security.Verified("localhost")) : named;
      try (Connection connection =
          dialer(scheme + "://localhost:" + proxy.port()).dial(destination, TIMEOUT)) {
        connection.out().write("hello".getBytes(StandardCharsets.US_ASCII));
        assertThat(connection.in().readNBytes(5)).asString().isEqualTo("hello");
        assertThat(connection.isTls()).isEqualTo(tls);
        assertThat(connection.remoteAddress().getPort()).isEqualTo(proxy.port());
      }
      assertThat(heads)
          .containsExactly(
              "CONNECT hs.example:%1$d HTTP/1.1\r\nHost: hs.example:%1$d\r\nUser-Agent: tailjar\r\n\r\n"
                  .formatted(server.port()));
    }
  }

  @Test
  void aServerThatSpeaksFirstLosesNothing() throws Exception {
    try (LoopbackServer proxy =
            LoopbackServer.plain(
                client -> {
                  readHead(client);
                  send(client, "HTTP/1.0 200\r\n\r\nwelcome");
                });
        Connection connection =
            dialer("127.0.0.1:" + proxy.port()).dial("hs.example", 1, false, TIMEOUT)) {
      assertThat(connection.in().readNBytes(7)).asString().isEqualTo("welcome");
    }
  }

  @Test
  void anIpv6DestinationIsNamedInBrackets() throws Exception {
    try (LoopbackServer proxy =
            LoopbackServer.plain(
                client -> {
                  readHead(client);
                  send(client, "HTTP/1.1 200 OK\r\n\r\n");
                });
        Connection connection =
            dialer("127.0.0.1:" + proxy.port()).dial("2001:db8::1", 443, false, TIMEOUT)) {
      assertThat(connection.isClosed()).isFalse();
      assertThat(heads.getFirst()).startsWith("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n");
    }
  }

  @Test
  void aServerOfThisMachineIsReachedWithoutTheProxy() throws Exception {
    try (LoopbackServer server = LoopbackServer.plain(LoopbackServer.ECHO);
        Connection connection =
            dialer("127.0.0.1:1").dial("127.0.0.1", server.port(), false, TIMEOUT)) {
      assertThat(connection.remoteAddress().getPort()).isEqualTo(server.port());
    }
  }

  @Test
  void theUserAndThePasswordGoToTheProxyAndNowhereElse() throws Exception {
    try (LoopbackServer proxy =
        LoopbackServer.plain(
            client -> {
              readHead(client);
              send(client, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
            })) {
      assertThatExceptionOfType(DialException.class)
          .isThrownBy(
              () ->
                  dialer("http://user:hunter2@127.0.0.1:" + proxy.port())
                      .dial("hs.example", 443, true, TIMEOUT))
          .withMessage(
              "the proxy http://127.0.0.1:%d does not accept the user and password of its URL"
                  + " (status 407)",
              proxy.port())
          .satisfies(e -> assertThat(stackTrace(e)).doesNotContain("hunter2"));
      assertThat(heads.getFirst()).contains("\r\nProxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP/1.1 407 Auth | the proxy {} wants a user and a password in its URL (status 407)",
        "HTTP/1.1 403 For\u001b\u00e9bidden"
            + " | the proxy {} answered CONNECT hs.example:443 with status 403 For??bidden",
        "HTTP/1.1 502 | the proxy {} answered CONNECT hs.example:443 with status 502",
        "SSH-2.0-OpenSSH | the proxy {} does not answer in HTTP; is it an HTTP proxy?",
        "HTTP/1.1 20 x | the proxy {} does not answer in HTTP; is it an HTTP proxy?",
      })
  void aProxyThatRefusesIsNamedWithItsReason(String answer, String message) throws Exception {
    try (LoopbackServer proxy =
        LoopbackServer.plain(
            client -> {
              readHead(client);
              send(client, answer + "\r\n\r\n");
            })) {
      String url = "http://127.0.0.1:" + proxy.port();
      assertThatExceptionOfType(DialException.class)
          .isThrownBy(() -> dialer(url).dial("hs.example", 443, true, TIMEOUT))
          .withMessage(message.replace("{}", url))
          .satisfies(e -> assertThat(e.reason()).isEqualTo(DialException.Reason.PROXY));
    }
  }

  @Test
  void aProxyThatClosesOrNeverEndsItsAnswerIsAnError() throws Exception {
    String endless = "HTTP/1.1 200 OK\r\nX: " + "x".repeat(ProxyTunnel.MAX_HEAD_LENGTH);
    try (LoopbackServer closing = LoopbackServer.plain(Socket::close);
        LoopbackServer babbling = LoopbackServer.plain(client -> send(client, endless))) {
      assertThatExceptionOfType(DialException.class)
          .isThrownBy(() -> dialer("127.0.0.1:" + closing.port()).dial("hs", 443, true, TIMEOUT))
          .satisfies(e -> assertThat(e.reason()).isEqualTo(DialException.Reason.PROXY));
      assertThatExceptionOfType(DialException.class)
          .isThrownBy(() -> dialer("127.0.0.1:" + babbling.port()).dial("hs", 443, true, TIMEOUT))
          .withMessageContaining("sends an endless answer");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aProxyThatStallsIsGivenUpInTime(boolean drips) throws Exception {
    try (LoopbackServer proxy =
        LoopbackServer.plain(
            client -> {
              while (drips) {
                send(client, "H");
                LockSupport.parkNanos(20_000_000);
              }
            })) {
      long start = System.nanoTime();
      assertThatExceptionOfType(DialException.class)
          .isThrownBy(
              () ->
                  dialer("127.0.0.1:" + proxy.port())
                      .dial("hs.example", 443, true, Duration.ofMillis(300)));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));
    }
  }

  @Test
  void aProxyThatIsDownIsNamed() throws Exception {
    int port;
    try (LoopbackServer gone = LoopbackServer.plain(LoopbackServer.SILENT)) {
      port = gone.port();
    }
    assertThatExceptionOfType(DialException.class)
        .isThrownBy(() -> dialer("127.0.0.1:" + port).dial("hs.example", 443, true, TIMEOUT))
        .withMessage(
            "hs.example:443 cannot be reached through the proxy http://127.0.0.1:%1$d:"
                + " 127.0.0.1:%1$d refused the connection; is the server running on that port?",
            port);
  }

  @ParameterizedTest
  @ValueSource(strings = {"hs\r\nX: y", "hs x", "a@b", "ü\u0000"})
  void aHostNameThatWouldForgeARequestIsRefused(String host) throws Exception {
    try (LoopbackServer proxy = LoopbackServer.plain(this::readHead)) {
      assertThatExceptionOfType(DialException.class)
          .isThrownBy(() -> dialer("127.0.0.1:" + proxy.port()).dial(host, 443, false, TIMEOUT));
      assertThat(heads).isEmpty();
    }
  }

  private static String stackTrace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
