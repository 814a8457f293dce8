package org.tailjar.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.ReferenceCountUtil;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 request without a body, and the connection that it came on. */
final class HttpExchange {

  private static final int MAX_HEAD_LENGTH = 64 << 10;
  private static final int END_OF_HEAD = 0x0d0a0d0a;

  private final Socket connection;
  private final HttpRequest request;
  private final InputStream in;

  private HttpExchange(Socket connection, HttpRequest request, InputStream in) {
    this.connection = connection;
    this.request = request;
    this.in = in;
  }

  /** Reads the head of a request; null when the connection ends before there is one. */
  static @Nullable HttpExchange read(Socket connection) throws IOException {
    InputStream in = new BufferedInputStream(connection.getInputStream());
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    // What follows the head belongs to the protocol that may take over.
    for (int last = 0; last != END_OF_HEAD; ) {
      int next = in.read();
      if (next < 0 || head.size() == MAX_HEAD_LENGTH) {
        return null;
      }
      head.write(next);
      last = last << 8 | next;
    }
    EmbeddedChannel decoder = new EmbeddedChannel(new HttpRequestDecoder());
    try {
      decoder.writeInbound(Unpooled.wrappedBuffer(head.toByteArray()));
      Object first = decoder.readInbound();
      ReferenceCountUtil.release(first);
      return first instanceof HttpRequest request && request.decoderResult().isSuccess()
          ? new HttpExchange(connection, request, in)
          : null;
    } finally {
      decoder.finishAndReleaseAll();
    }
  }

  String method() {
    return request.method().name();
  }

  /** The path of the target, without the query. */
  String path() {
    return new QueryStringDecoder(request.uri()).path();
  }

  /** A parameter of the query; empty when absent. */
  String parameter(String name) {
    List<String> values = new QueryStringDecoder(request.uri()).parameters().get(name);
    return values == null ? "" : values.getFirst();
  }

  /** The value of a header; empty when absent. */
  String header(String name) {
    String value = request.headers().get(name);
    return value == null ? "" : value;
  }

  /** Where the request came from. */
  InetSocketAddress remote() {
    return (InetSocketAddress) connection.getRemoteSocketAddress();
  }

  /** Answers; the connection then ends. */
  void respond(int status, String contentType, byte[] body) throws IOException {
    DefaultFullHttpResponse response = response(status, body);
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    if (method().equals("HEAD")) {
      response = (DefaultFullHttpResponse) response.replace(Unpooled.EMPTY_BUFFER);
    }
    write(response);
  }

  /** Agrees to another protocol, which {@link #in()} and {@link #out()} carry from here on. */
  void upgrade(String protocol, Map<String, String> headers) throws IOException {
    DefaultFullHttpResponse response =
        response(HttpResponseStatus.SWITCHING_PROTOCOLS.code(), new byte[0]);
    response.headers().set(HttpHeaderNames.UPGRADE, protocol);
    response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
    headers.forEach(response.headers()::set);
    write(response);
  }

  InputStream in() {
    return in;
  }

  OutputStream out() throws IOException {
    return connection.getOutputStream();
  }

  private static DefaultFullHttpResponse response(int status, byte[] body) {
    return new DefaultFullHttpResponse(
        HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(body));
  }

  private void write(DefaultFullHttpResponse response) throws IOException {
    EmbeddedChannel encoder = new EmbeddedChannel(new HttpResponseEncoder());
    try {
      encoder.writeOutbound(response);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (ByteBuf part = encoder.readOutbound(); part != null; part = encoder.readOutbound()) {
        bytes.writeBytes(ByteBufUtil.getBytes(part));
        part.release();
      }
      out().write(bytes.toByteArray());
      out().flush();
    } finally {
      encoder.finishAndReleaseAll();
    }
  }
}
