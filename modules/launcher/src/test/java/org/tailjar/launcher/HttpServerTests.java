package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class HttpServerTests {
  private ServerSocketChannel listener;
  private HttpServer server;
  private volatile boolean writer = true;

  @BeforeEach
  void serve() throws IOException {
    listener = ServerSocketChannel.open();
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    server =
        HttpServer.serve(
            "test",
            listener,
            call -> {
              if (call.path().equals("/fault")) {
                throw new IllegalStateException("a fault");
              }
              return HttpReply.text(
                  200, call.method() + " " + call.path() + " " + call.parameter("a"));
            },
            channel -> writer);
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void aRequestIsAnswered() throws IOException {
    assertThat(exchange("GET /x?a=b%20c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 OK\r\n")
        .endsWith("\r\n\r\nGET /x b c\n");
  }

  @Test
  void manyRequestsShareAConnectionInTheirOrder() throws IOException {
    var one = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n";
    var last = "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    var answer = exchange(one + one + last);
    assertThat(answer.split("HTTP/1.1 200 OK", -1)).hasSize(4);
    assertThat(answer.indexOf("GET /1")).isLessThan(answer.indexOf("GET /2"));
  }

  @Test
  void aHeadRequestHasNoBody() throws IOException {
    assertThat(exchange("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        .contains("content-length: 9")
        .endsWith("\r\n\r\n");
  }

  @Test
  void anOldClientIsAnsweredAndTheConnectionClosed() throws IOException {
    assertThat(exchange("GET /x HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 200 OK");
  }

  @Test
  void whatIsNotHttpIsRefused() throws IOException {
    assertThat(exchange("\u0001\u0002 nonsense\r\n\r\n")).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void aLargeBodyIsRefused() throws IOException {
    assertThat(
            exchange(
                "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n"
                    + "x".repeat(100)))
        .startsWith("HTTP/1.1 413 ");
  }

  @Test
  void aFaultOfTheHandlerIsAnErrorAndTheServerGoesOn() throws IOException {
    assertThat(exchange("GET /fault HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 500 ")
        .doesNotContain("a fault");
    assertThat(exchange("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @Test
  void readersLeaveRoomForTheHealthCheck() throws IOException {
    writer = false;
    var readers = new ArrayList<Socket>();
    try {
      for (int i = 0; i < 64; i++) {
        readers.add(connect());
      }
      // The connections of the last ones were closed without an answer.
      assertThat(readers.getLast().getInputStream().read()).isEqualTo(-1);
      writer = true;
      aRequestIsAnswered();
    } finally {
      for (var reader : readers) {
        reader.close();
      }
    }
  }

  @Test
  void closingEndsOpenConnections() throws IOException {
    try (var socket = connect()) {
      send(socket.getOutputStream(), "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(socket.getInputStream().read()).isEqualTo('H');
      server.close();
      assertThat(socket.getInputStream().readAllBytes()).isNotEmpty();
    }
  }

  private String exchange(String request) throws IOException {
    try (var socket = connect()) {
      send(socket.getOutputStream(), request);
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  private Socket connect() throws IOException {
    var address = (InetSocketAddress) listener.getLocalAddress();
    return new Socket(address.getAddress(), address.getPort());
  }

  private static void send(OutputStream out, String request) throws IOException {
    out.write(request.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }
}
