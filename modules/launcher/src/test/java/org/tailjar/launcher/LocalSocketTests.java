package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class LocalSocketTests {
  @TempDir private Path directory;

  private final FakeNode node = new FakeNode();
  private final LocalApi api = new LocalApi(node, TestConfiguration.withServer());

  @Test
  void theSocketIsMadeWithItsDirectoryForEverybodyAndRemovedAtTheEnd() throws IOException {
    var path = directory.resolve("a/b/s.sock");
    try (var socket = open(path)) {
      assertThat(socket.path()).isEqualTo(path);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rw-rw-rw-");
      assertThat(client(path).status(true).backendState()).isEqualTo("Running");
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void ourOwnUserMayWrite() throws IOException {
    var path = directory.resolve("s.sock");
    try (var socket = open(path)) {
      client(socket.path()).logout();
    }
    assertThat(node.logouts).isEqualTo(1);
  }

  @Test
  void theSocketOfADeadProcessIsReplaced() throws IOException {
    var path = directory.resolve("s.sock");
    try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(path));
    }
    assertThat(path).exists();
    try (var socket = open(path)) {
      assertThat(socket.path()).isEqualTo(path);
    }
  }

  @Test
  void theSocketOfALivingProcessIsLeftAndTheStateDirectoryUsed() throws IOException {
    var path = directory.resolve("s.sock");
    var fallback = directory.resolve("state/s.sock");
    try (var living = open(path);
        var socket = LocalSocket.open(new SocketLocation(path, fallback), api).orElseThrow()) {
      assertThat(socket.path()).isEqualTo(fallback);
      assertThat(living.path()).exists();
      assertThat(client(fallback).status(true).backendState()).isEqualTo("Running");
    }
  }

  @Test
  void aFileThatIsNoSocketIsLeft() throws IOException {
    var path = Files.writeString(directory.resolve("s.sock"), "precious");
    assertThat(LocalSocket.open(new SocketLocation(path, path), api)).isEmpty();
    assertThat(path).hasContent("precious");
  }

  @Test
  void aDirectoryThatCannotBeMadeMeansTheStateDirectory() throws IOException {
    var file = Files.writeString(directory.resolve("file"), "");
    var fallback = directory.resolve("state.sock");
    var location = new SocketLocation(file.resolve("s.sock"), fallback);
    try (var socket = LocalSocket.open(location, api).orElseThrow()) {
      assertThat(socket.path()).isEqualTo(fallback);
      assertThat(new LocalApiClient(location).status(false).backendState()).isEqualTo("Running");
    }
  }

  @Test
  void whatAnotherProcessPutThereIsNotRemoved() throws IOException {
    var path = directory.resolve("s.sock");
    try (var socket = open(path)) {
      Files.delete(socket.path());
      Files.writeString(path, "another's");
    }
    assertThat(path).hasContent("another's");
  }

  @Test
  void aPingThatIsNotAnsweredInTimeSaysSo() throws IOException {
    try (var socket = open(directory.resolve("s.sock"))) {
      assertThatThrownBy(
              () -> client(socket.path()).ping(FakeNode.SILENT_PEER, Duration.ofMillis(100)))
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void anErrorOfTheNodeIsItsText() throws IOException {
    node.logoutFailure = new IOException("connection refused");
    try (var socket = open(directory.resolve("s.sock"))) {
      assertThatThrownBy(() -> client(socket.path()).logout())
          .isInstanceOf(IOException.class)
          .hasMessage("the server did not confirm the logout: connection refused");
    }
  }

  @Test
  void noNodeIsToldWithThePlaceWhereWasLooked() {
    var path = directory.resolve("s.sock");
    assertThatThrownBy(() -> client(path).status(true)).hasMessageContaining(path.toString());
  }

  @Test
  void theHealthCheckIsZeroOnlyWhenReady() throws IOException {
    var path = directory.resolve("s.sock");
    try (var socket = open(path)) {
      assertThat(healthCheck(socket.path())).isEqualTo("0 ok");
      node.ready = false;
      node.status = FakeNode.needsLogin();
      assertThat(healthCheck(path)).isEqualTo("1 not ready: NeedsLogin, server: connected");
    }
    assertThat(healthCheck(path)).startsWith("1 no node answers at " + path);
  }

  @Test
  void aTakenHealthPortIsNoFailure() throws IOException {
    try (var taken = ServerSocketChannel.open()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      var address = (InetSocketAddress) taken.getLocalAddress();
      assertThat(HealthServer.open(address, new HealthPages(node))).isEmpty();
    }
  }

  @Test
  void healthPagesAreServedAtTheirAddress() throws IOException {
    var wanted = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (var health = HealthServer.open(wanted, new HealthPages(node)).orElseThrow();
        var in =
            URI.create("http://" + AddressText.of(health.address()) + "/readyz")
                .toURL()
                .openStream()) {
      assertThat(in.readAllBytes()).asString().isEqualTo("ok\n");
    }
  }

  private LocalSocket open(Path path) {
    return LocalSocket.open(new SocketLocation(path, path), api).orElseThrow();
  }

  private static LocalApiClient client(Path path) {
    return new LocalApiClient(new SocketLocation(path, path));
  }

  private static String healthCheck(Path path) {
    var bytes = new ByteArrayOutputStream();
    var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    int status = HealthCheck.run(new SocketLocation(path, path), out);
    return status + " " + bytes.toString(StandardCharsets.UTF_8).strip();
  }
}
