package org.tailjar.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class TlsStreamsTests {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private static Connection dial(LoopbackServer server) throws Exception {
    Destination destination =
        Destination.plain("localhost", server.port()).with(new Security.Unverified("localhost"));
    return Dialer.builder().build().dial(destination, TIMEOUT);
  }

  @Test
  void aReadTakesAllRecordsThatHaveCome() throws Exception {
    CompletableFuture<Void> written = new CompletableFuture<>();
    try (LoopbackServer server =
            LoopbackServer.tls(
                socket -> {
                  for (int i = 0; i < 100; i++) {
                    socket.getOutputStream().write(new byte[500]);
                  }
                  written.complete(null);
                });
        Connection connection = dial(server)) {
      written.get(60, TimeUnit.SECONDS);
      int reads = 0;
      for (int left = 100 * 500; left > 0; reads++) {
        left -= connection.in().read(new byte[100_000]);
      }
      // One for each record, if a read took no more than one; one or a few, as the system has them.
      assertThat(reads).isLessThan(50);
    }
  }

  @Test
  void aReadDoesNotTakeMoreThanItWasAskedFor() throws Exception {
    CompletableFuture<Void> written = new CompletableFuture<>();
    try (LoopbackServer server =
            LoopbackServer.tls(
                socket -> {
                  for (int i = 0; i < 100; i++) {
                    socket.getOutputStream().write(new byte[] {(byte) i, (byte) i});
                  }
                  written.complete(null);
                });
        Connection connection = dial(server)) {
      written.get(60, TimeUnit.SECONDS);
      byte[] into = new byte[10];
      assertThat(connection.in().readNBytes(into, 2, 3)).isEqualTo(3);
      assertThat(into).containsExactly(0, 0, 0, 0, 1, 0, 0, 0, 0, 0);
      assertThat(connection.in().read()).isEqualTo(1);
      assertThat(connection.in().read()).isEqualTo(2);
    }
  }

  @Test
  void dataAreNotKeptWaitingByARecordOfTlsItselfBehindThem() throws Exception {
    CompletableFuture<Void> written = new CompletableFuture<>();
    try (LoopbackServer server =
            LoopbackServer.tls(
                socket -> {
                  socket.getOutputStream().write(new byte[] {1, 2});
                  // TLS 1.3: a KeyUpdate.
                  ((SSLSocket) socket).startHandshake();
                  written.complete(null);
                  socket.getInputStream().transferTo(socket.getOutputStream());
                });
        Connection connection = dial(server)) {
      written.get(60, TimeUnit.SECONDS);
      byte[] into = new byte[100];
      assertThat(connection.in().read(into)).isEqualTo(2);
      connection.out().write(new byte[] {3});
      assertThat(connection.in().read(into)).isEqualTo(1);
      assertThat(into).startsWith(3, 2);
    }
  }

  @Test
  void anEndBehindDataComesAfterThem() throws Exception {
    CompletableFuture<Void> written = new CompletableFuture<>();
    try (LoopbackServer server =
            LoopbackServer.tls(
                socket -> {
                  socket.getOutputStream().write(new byte[] {1, 2});
                  socket.close();
                  written.complete(null);
                });
        Connection connection = dial(server)) {
      written.get(60, TimeUnit.SECONDS);
      byte[] into = new byte[100];
      assertThat(connection.in().read(into)).isEqualTo(2);
      assertThat(connection.in().read(into)).isEqualTo(-1);
    }
  }

  @Test
  void writesOfAnyLengthArriveWholeBothWaysAtOnce() throws Exception {
    byte[] sent = new byte[3_000_000];
    Random random = new Random(5);
    random.nextBytes(sent);
    try (LoopbackServer server = LoopbackServer.tls(LoopbackServer.ECHO);
        Connection connection = dial(server)) {
      CompletableFuture<byte[]> received = new CompletableFuture<>();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  received.complete(connection.in().readNBytes(sent.length));
                } catch (Exception e) {
                  received.completeExceptionally(e);
                }
              });
      for (int at = 0; at < sent.length; ) {
        int length = Math.min(random.nextInt(100_000), sent.length - at);
        connection.out().write(sent, at, length);
        at += length;
      }
      assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(sent);
    }
  }

  /** What is below TLS, without a network. */
  private static final class Memory extends Socket {
    private final InputStream in;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final AtomicInteger writes = new AtomicInteger();

    Memory(byte... bytes) {
      in = new ByteArrayInputStream(bytes);
    }

    @Override
    public InputStream getInputStream() {
      return in;
    }

    @Override
    public OutputStream getOutputStream() {
      return new OutputStream() {
        @Override
        public void write(int value) {
          throw new AssertionError("byte by byte");
        }

        @Override
        public void write(byte[] from, int offset, int length) {
          writes.incrementAndGet();
          written.write(from, offset, length);
        }
      };
    }
  }

  @Test
  void aRecordIsHereWhenAllOfItIs() throws Exception {
    BufferedSocket socket = new BufferedSocket(new Memory(new byte[] {23, 3, 3, 0, 2, 8, 9, 23}));
    InputStream in = socket.getInputStream();
    assertThat(socket.holdsRecord()).isFalse();
    assertThat(in.available()).isEqualTo(8);
    byte[] one = new byte[7];
    assertThat(in.read(one, 0, 0)).isZero();
    assertThat(in.read(one, 0, 1)).isEqualTo(1);
    assertThat(socket.holdsRecord()).as("out of step").isFalse();
    assertThat(in.read(one, 1, 6)).isEqualTo(6);
    assertThat(one).containsExactly(23, 3, 3, 0, 2, 8, 9);
    assertThat(socket.holdsRecord()).as("a header in part").isFalse();
    assertThat(in.read()).isEqualTo(23);
    socket.waits(false);
    assertThatThrownBy(() -> in.read(one, 0, 1)).isInstanceOf(SocketTimeoutException.class);
    socket.waits(true);
    assertThat(in.read(one, 0, 1)).isEqualTo(-1);
    assertThat(in.read()).isEqualTo(-1);
  }

  @Test
  void whatIsHeldBackGoesAtOnceAndInOrder() throws Exception {
    Memory memory = new Memory();
    BufferedSocket socket = new BufferedSocket(memory);
    OutputStream out = socket.getOutputStream();
    out.write(new byte[] {1});
    assertThat(memory.writes).hasValue(1);
    socket.hold();
    out.write(new byte[] {2, 3});
    out.flush();
    out.write(4);
    assertThat(memory.writes).hasValue(1);
    socket.release();
    assertThat(memory.writes).hasValue(2);
    socket.release();
    assertThat(memory.writes).hasValue(2);
    assertThat(memory.written.toByteArray()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void moreThanCanBeHeldBackGoesInPartsAndInOrder() throws Exception {
    Memory memory = new Memory();
    BufferedSocket socket = new BufferedSocket(memory);
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    socket.hold();
    for (int length : new int[] {1, 40_000, 40_000, 200_000, 5}) {
      byte[] part = new byte[length];
      new Random(length).nextBytes(part);
      expected.write(part);
      socket.getOutputStream().write(part);
    }
    socket.release();
    assertThat(memory.written.toByteArray()).isEqualTo(expected.toByteArray());
    assertThat(memory.writes).hasValueLessThan(5);
  }
}
