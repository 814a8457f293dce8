package org.tailjar.launcher;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringEncoder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.tailjar.headscale.DerpMapWire;

/** Asks a node through its LocalAPI; one connection for each question. */
final class LocalApiClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** A tailnet of ten thousand peers has a status of about 10 MB. */
  private static final int LARGEST_ANSWER = 64 * 1024 * 1024;

  private final SocketLocation location;

  LocalApiClient(SocketLocation location) {
    this.location = location;
  }

  /** What the node answered. */
  private record Answer(int status, byte[] body) {
    Answer orThrow() throws IOException {
      if (status >= 400) {
        throw new IOException(new String(body, StandardCharsets.UTF_8).strip());
      }
      return this;
    }
  }

  /** The status as text, for programs. */
  String statusText(boolean withPeers) throws IOException {
    return new String(statusBytes(withPeers), StandardCharsets.UTF_8);
  }

  /** The status. */
  StatusDocument status(boolean withPeers) throws IOException {
    return Documents.STATUS.fromJson(statusBytes(withPeers));
  }

  private byte[] statusBytes(boolean withPeers) throws IOException {
    return ask(HttpMethod.GET, LocalApi.ROOT + "status?peers=" + withPeers, TIMEOUT).body();
  }

  /**
   * Pings once.
   *
   * @throws SocketTimeoutException if no answer came in time
   */
  PingDocument ping(InetAddress address, Duration timeout) throws IOException {
    var target = new QueryStringEncoder(LocalApi.ROOT + "ping");
    target.addParam("ip", AddressText.of(address));
    target.addParam("type", "disco");
    return Documents.PING.fromJson(ask(HttpMethod.POST, target.toString(), timeout).body());
  }

  /** The relays that the node knows. */
  DerpMapWire relays() throws IOException {
    return Documents.DERP_MAP.fromJson(
        ask(HttpMethod.GET, LocalApi.ROOT + "derpmap", TIMEOUT).body());
  }

  /**
   * Who has an address; empty when nobody has.
   *
   * @param address with or without a port
   */
  Optional<WhoIsDocument> whoIs(String address) throws IOException {
    var target = new QueryStringEncoder(LocalApi.ROOT + "whois");
    target.addParam("addr", address);
    var answer = send(HttpMethod.GET, target.toString(), TIMEOUT);
    return answer.status() == HttpResponseStatus.NOT_FOUND.code()
        ? Optional.empty()
        : Optional.of(Documents.WHO_IS.fromJson(answer.orThrow().body()));
  }

  /** Logs the node out. */
  void logout() throws IOException {
    ask(HttpMethod.POST, LocalApi.ROOT + "logout", TIMEOUT);
  }

  private Answer ask(HttpMethod method, String target, Duration timeout) throws IOException {
    return send(method, target, timeout).orThrow();
  }

  private Answer send(HttpMethod method, String target, Duration timeout) throws IOException {
    try (var channel = LocalConnection.open(location);
        var deadline = new Deadline(channel, timeout)) {
      try {
        return exchange(channel, method, target);
      } catch (AsynchronousCloseException e) {
        throw deadline.passed() ? new SocketTimeoutException("no answer in time") : e;
      }
    }
  }

  private static Answer exchange(SocketChannel channel, HttpMethod method, String target)
      throws IOException {
    var codec =
        new EmbeddedChannel(new HttpClientCodec(), new HttpObjectAggregator(LARGEST_ANSWER));
    try {
      var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, target);
      request.headers().set(HttpHeaderNames.HOST, LocalApi.HOST);
      request.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      request.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
      codec.writeOutbound(request);
      ByteBuf out;
      while ((out = codec.readOutbound()) != null) {
        try {
          for (var buffer : out.nioBuffers()) {
            while (buffer.hasRemaining()) {
              channel.write(buffer);
            }
          }
        } finally {
          out.release();
        }
      }
      var bytes = ByteBuffer.allocate(64 * 1024);
      while (channel.read(bytes.clear()) >= 0) {
        codec.writeInbound(Unpooled.copiedBuffer(bytes.flip()));
        FullHttpResponse response = codec.readInbound();
        if (response != null) {
          try {
            return new Answer(response.status().code(), ByteBufUtil.getBytes(response.content()));
          } finally {
            response.release();
          }
        }
      }
      throw new IOException("the node closed the connection without an answer");
    } finally {
      codec.finishAndReleaseAll();
    }
  }
}
