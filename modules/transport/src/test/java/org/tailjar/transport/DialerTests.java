package org.tailjar.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class DialerTests {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  @TempDir private Path directory;

  private Path authority() throws IOException {
    Path file = directory.resolve("ca.pem");
    try (InputStream in = DialerTests.class.getResourceAsStream("localhost.pem")) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }

  private static void assertEchoes(Connection connection) throws Exception {
    byte[] sent = new byte[1 << 20];
    new Random(1).nextBytes(sent);
    CompletableFuture<Void> writing = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                connection.out().write(sent);
                connection.out().flush();
                writing.complete(null);
              } catch (IOException e) {
                writing.completeExceptionally(e);
              }
            });
    assertThat(connection.in().readNBytes(sent.length)).isEqualTo(sent);
    writing.get();
  }

  @Test
  void aPlainConnectionReadsAndWritesAtOnce() throws Exception {
    try (LoopbackServer server = LoopbackServer.plain(LoopbackServer.ECHO);
        Connection connection =
            Dialer.builder().build().dial("127.0.0.1", server.port(), false, TIMEOUT)) {
      assertThat(connection.isTls()).isFalse();
      assertEchoes(connection);
    }
  }

  @Test
  void aTlsConnectionReadsAndWritesAtOnceWithAPrivateAuthority() throws Exception {
    try (LoopbackServer server = LoopbackServer.tls(LoopbackServer.ECHO);
        Connection connection =
            Dialer.builder()
                .extraAuthorities(authority())
                .build()
                .dial("localhost", server.port(), true, TIMEOUT)) {
      assertThat(connection.isTls()).isTrue();
      assertEchoes(connection);
    }
  }

  @Test
  void aCertificateMayNameAnAddress() throws Exception {
    try (LoopbackServer server = LoopbackServer.tls(LoopbackServer.ECHO);
        Connection connection =
            Dialer.builder()
                .extraAuthorities(authority())
                .build()
                .dial("127.0.0.1", server.port(), true, TIMEOUT)) {
      assertThat(connection.isTls()).isTrue();
    }
  }

  @Test
  void anUnknownAuthorityIsRefusedWithAdvice() throws Exception {
    try (LoopbackServer server = LoopbackServer.tls(LoopbackServer.ECHO)) {
      assertThatExceptionOfType(DialException.class)
          .isThrownBy(
              () -> Dialer.builder().build().dial("localhost", server.port(), true, TIMEOUT))
          .withMessage(
              "localhost:%d has a certificate from an unknown authority; give its CA file",
              server.port())
          .satisfies(e -> assertThat(e.reason()).isEqualTo(DialException.Reason.TLS));
    }
  }

  @Test
  void aCertificateOfAnotherNameIsRefused() throws Exception {
    Dialer dialer =
        Dialer.builder()
            .extraAuthorities(authority())
            .resolver(host -> new InetAddress[] {InetAddress.getByName("127.0.0.1")})
            .build();
    try (LoopbackServer server = LoopbackServer.tls(LoopbackServer.ECHO)) {
      assertThatExceptionOfType(DialException.class)
          .isThrownBy(() -> dialer.dial("other.example", server.port(), true, TIMEOUT))
          .withMessageContaining("other.example:" + server.port() + " has a certificate")
          .satisfies(e -> assertThat(e.reason()).isEqualTo(DialException.Reason.TLS));
    }
  }

  @Test
  void aPinnedCertificateIsAcceptedAndAnotherOneIsNot() throws Exception {
    byte[] der;
    try (InputStream in = DialerTests.class.getResourceAsStream("localhost.pem")) {
      der = CertificateFactory.getInstance("X.509").generateCertificate(in).getEncoded();
    }
    String pin = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(der));
    Dialer dialer = Dialer.builder().build();
    try (LoopbackServer server = LoopbackServer.tls(LoopbackServer.ECHO)) {
      Destination destination = Destination.plain("127.0.0.1", server.port());
      try (Connection connection =
          dialer.dial(destination.with(new Security.Pinned("relay.example", pin)), TIMEOUT)) {
        assertEchoes(connection);
      }
      assertThatExceptionOfType(DialException.class)
          .isThrownBy(
              () ->
                  dialer.dial(
                      destination.with(new Security.Pinned("relay.example", "00".repeat(32))),
                      TIMEOUT))
          .withMessageContaining("not the pinned one");
      try (Connection connection =
          dialer.dial(destination.with(new Security.Unverified("relay.example")), TIMEOUT)) {
        assertEchoes(connection);
      }
    }
  }

  @Test
  void aServerWithoutTlsIsNamedAsSuch() throws Exception {
    LoopbackServer.Behaviour http =
        socket ->
            socket
                .getOutputStream()
                .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    try (LoopbackServer server = LoopbackServer.plain(http)) {
      assertThatExceptionOfType(DialException.class)
          .isThrownBy(
              () -> Dialer.builder().build().dial("localhost", server.port(), true, TIMEOUT))
          .withMessageContaining("TLS");
    }
  }

  @Test
  void aServerThatNeverAnswersTlsIsGivenUpInTime() throws Exception {
    try (LoopbackServer server = LoopbackServer.plain(LoopbackServer.SILENT)) {
      assertThatExceptionOfType(DialException.class)
          .isThrownBy(
              () ->
                  Dialer.builder()
                      .build()
                      .dial("localhost", server.port(), true, Duration.ofMillis(300)))
          .satisfies(e -> assertThat(e.reason()).isEqualTo(DialException.Reason.TIMEOUT));
    }
  }

  @Test
  void aServerThatStretchesTheTlsHandshakeIsGivenUpInTime() throws Exception {
    LoopbackServer.Behaviour drip =
        socket -> {
          // A TLS record that announces much and comes byte by byte.
          socket.getOutputStream().write(new byte[] {22, 3, 3, 64, 0});
          while (true) {
            socket.getOutputStream().write(2);
            LockSupport.parkNanos(50_000_000);
          }
        };
    try (LoopbackServer server = LoopbackServer.plain(drip)) {
      long start = System.nanoTime();
      assertThatIOException()
          .isThrownBy(
              () ->
                  Dialer.builder()
                      .build()
                      .dial("localhost", server.port(), true, Duration.ofMillis(400)));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));
    }
  }

  @Test
  void aRefusedConnectionSaysSo() throws Exception {
    int port;
    try (LoopbackServer server = LoopbackServer.plain(LoopbackServer.SILENT)) {
      port = server.port();
    }
    assertThatExceptionOfType(DialException.class)
        .isThrownBy(() -> Dialer.builder().build().dial("127.0.0.1", port, false, TIMEOUT))
        .withMessage(
            "127.0.0.1:%d refused the connection; is the server running on that port?", port)
        .satisfies(e -> assertThat(e.reason()).isEqualTo(DialException.Reason.CONNECT));
  }

  @Test
  void aNameThatDoesNotResolveSaysSo() throws Exception {
    Dialer dialer =
        Dialer.builder()
            .resolver(
                host -> {
                  throw new UnknownHostException(host);
                })
            .build();
    assertThatExceptionOfType(DialException.class)
        .isThrownBy(() -> dialer.dial("nowhere.example", 443, true, TIMEOUT))
        .withMessage(
            "the name nowhere.example does not resolve; check the name and this machine's DNS");
  }

  @Test
  void aResolverThatHangsIsGivenUpInTime() throws Exception {
    CompletableFuture<InetAddress[]> never = new CompletableFuture<>();
    Dialer dialer = Dialer.builder().resolver(host -> never.join()).build();
    assertThatExceptionOfType(DialException.class)
        .isThrownBy(() -> dialer.dial("slow.example", 443, true, Duration.ofMillis(200)))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(DialException.Reason.TIMEOUT));
    never.complete(new InetAddress[0]);
  }

  @Test
  void theNextAddressIsTriedWhenOneRefuses() throws Exception {
    try (LoopbackServer server = LoopbackServer.plain(LoopbackServer.ECHO)) {
      Dialer dialer = Dialer.builder().build();
      Destination destination =
          Destination.plain("two.example", server.port())
              .at(List.of(InetAddress.getByName("127.0.0.9"), InetAddress.getByName("127.0.0.1")));
      try (Connection connection = dialer.dial(destination, TIMEOUT)) {
        assertThat(connection.remoteAddress().getAddress().getHostAddress()).isEqualTo("127.0.0.1");
      }
    }
  }

  @Test
  void anAddressThatIsSlowDoesNotDelayTheNext() throws Exception {
    // The marker runs before an attempt connects: it stands for a network that swallows packets.
    CompletableFuture<Void> firstMayGoOn = new CompletableFuture<>();
    CopyOnWriteArrayList<NetworkChannel> marked = new CopyOnWriteArrayList<>();
    SocketMarker firstHangs =
        channel -> {
          marked.add(channel);
          if (marked.size() == 1) {
            firstMayGoOn.join();
          }
        };
    try (LoopbackServer server = LoopbackServer.plain(LoopbackServer.ECHO)) {
      Dialer dialer = Dialer.builder().marker(firstHangs).build();
      Destination destination =
          Destination.plain("two.example", server.port())
              .at(List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("127.0.0.1")));
      try (Connection connection = dialer.dial(destination, TIMEOUT)) {
        assertEchoes(connection);
        firstMayGoOn.complete(null);
        while (marked.getFirst().isOpen()) {
          Thread.onSpinWait();
        }
        assertThat(connection.isClosed()).isFalse();
      }
    }
  }

  @Test
  void everySocketIsMarkedBeforeItConnects() throws Exception {
    CopyOnWriteArrayList<Boolean> connected = new CopyOnWriteArrayList<>();
    SocketMarker marker = channel -> connected.add(((SocketChannel) channel).isConnected());
    try (LoopbackServer server = LoopbackServer.plain(LoopbackServer.ECHO);
        Connection connection =
            Dialer.builder()
                .marker(marker)
                .build()
                .dial("127.0.0.1", server.port(), false, TIMEOUT)) {
      assertThat(connected).containsExactly(false);
      assertThat(connection.isClosed()).isFalse();
    }
  }

  @Test
  void theBypassMarkDoesNotFailWhereItIsNotAllowed() throws Exception {
    try (LoopbackServer server = LoopbackServer.plain(LoopbackServer.ECHO);
        Connection connection =
            Dialer.builder()
                .marker(SocketMarker.BYPASS)
                .build()
                .dial("127.0.0.1", server.port(), false, TIMEOUT)) {
      assertEchoes(connection);
    }
  }

  @Test
  void aMarkThatIsRefusedFailsTheConnection() throws Exception {
    SocketMarker refusing =
        channel -> {
          throw new IOException("no permission to mark sockets");
        };
    try (LoopbackServer server = LoopbackServer.plain(LoopbackServer.ECHO)) {
      Dialer dialer = Dialer.builder().marker(refusing).build();
      assertThatIOException()
          .isThrownBy(() -> dialer.dial("127.0.0.1", server.port(), false, TIMEOUT))
          .withMessageContaining("no permission to mark sockets");
    }
  }

  @Test
  void aReadPastItsTimeoutThrows() throws Exception {
    try (LoopbackServer server = LoopbackServer.plain(LoopbackServer.SILENT);
        Connection connection =
            Dialer.builder().build().dial("127.0.0.1", server.port(), false, TIMEOUT)) {
      connection.readTimeout(Duration.ofMillis(50));
      assertThatExceptionOfType(SocketTimeoutException.class)
          .isThrownBy(() -> connection.in().read());
    }
  }

  @Test
  void aCloseWakesTheReaderAndAStalledWriter() throws Exception {
    for (boolean tls : new boolean[] {false, true}) {
      try (LoopbackServer server =
          tls
              ? LoopbackServer.tls(s -> ((SSLSocket) s).startHandshake())
              : LoopbackServer.plain(LoopbackServer.SILENT)) {
        Connection connection =
            Dialer.builder()
                .extraAuthorities(authority())
                .build()
                .dial("localhost", server.port(), tls, TIMEOUT);
        CompletableFuture<Integer> reader = new CompletableFuture<>();
        CompletableFuture<Void> writer = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> endure(reader, () -> connection.in().read()));
        Thread.ofVirtual()
            .start(
                () ->
                    endure(
                        writer,
                        () -> {
                          while (true) {
                            connection.out().write(new byte[1 << 16]);
                          }
                        }));
        TimeUnit.MILLISECONDS.sleep(100);
        connection.close();
        assertThat(reader).failsWithin(Duration.ofSeconds(60));
        assertThat(writer).failsWithin(Duration.ofSeconds(60));
        assertThat(connection.isClosed()).isTrue();
      }
    }
  }

  private interface Blocking<T> {
    T run() throws IOException;
  }

  private static <T> void endure(CompletableFuture<T> result, Blocking<T> action) {
    try {
      T value = action.run();
      result.completeExceptionally(new IOException("ended with " + value));
    } catch (IOException e) {
      result.completeExceptionally(e);
    }
  }

  @Test
  void anInterruptedDialEnds() throws Exception {
    CompletableFuture<InetAddress[]> never = new CompletableFuture<>();
    Dialer dialer = Dialer.builder().resolver(host -> never.join()).build();
    CompletableFuture<Connection> result = new CompletableFuture<>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> endure(result, () -> dialer.dial("slow.example", 443, false, TIMEOUT)));
    thread.interrupt();
    assertThat(result)
        .failsWithin(Duration.ofSeconds(60))
        .withThrowableThat()
        .withCauseInstanceOf(InterruptedIOException.class);
    never.complete(new InetAddress[0]);
  }

  @Test
  void aFileOfAuthoritiesThatIsNoneIsRefused() throws Exception {
    Path missing = directory.resolve("missing.pem");
    assertThatIOException()
        .isThrownBy(() -> Dialer.builder().extraAuthorities(missing).build())
        .withMessage("the CA file %s does not exist", missing);
    Path garbage = Files.writeString(directory.resolve("garbage.pem"), "garbage");
    assertThatIOException()
        .isThrownBy(() -> Dialer.builder().extraAuthorities(garbage).build())
        .withMessageContaining(garbage.toString());
  }
}
