package org.tailjar.headscale;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 request and its answer over blocking streams; Netty's codec without its I/O. */
final class Http1Exchange {

  /** The longest body that is read, in bytes: the answers here are keys and errors. */
  static final int MAX_BODY_LENGTH = 64 << 10;

  static final int SWITCHING_PROTOCOLS = 101;

  private final EmbeddedChannel channel = new EmbeddedChannel(new HttpClientCodec());
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final ByteArrayOutputStream beyond = new ByteArrayOutputStream();
  private final Map<String, String> headers = new HashMap<>();
  private @Nullable HttpResponse response;
  private boolean complete;

  private Http1Exchange() {}

  /**
   * Sends a request without a body and reads the answer.
   *
   * @param target the path and query
   * @param host the Host header
   * @throws ControlException if the answer is no HTTP, too long or cut short
   */
  static Http1Response send(
      InputStream in,
      OutputStream out,
      String method,
      String target,
      String host,
      Map<String, String> headers)
      throws IOException {
    Http1Exchange exchange = new Http1Exchange();
    try {
      out.write(exchange.request(method, target, host, headers));
      out.flush();
      return exchange.receive(in);
    } finally {
      exchange.channel.finishAndReleaseAll();
    }
  }

  private byte[] request(String method, String target, String host, Map<String, String> extra) {
    DefaultFullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), target, Unpooled.EMPTY_BUFFER);
    request.headers().set(HttpHeaderNames.HOST, host);
    request.headers().set(HttpHeaderNames.USER_AGENT, "tailjar");
    extra.forEach(request.headers()::set);
    channel.writeOutbound(request);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      bytes.writeBytes(ByteBufUtil.getBytes(part));
      part.release();
    }
    return bytes.toByteArray();
  }

  private Http1Response receive(InputStream in) throws IOException {
    byte[] chunk = new byte[8192];
    while (!complete) {
      int count = in.read(chunk);
      if (count < 0) {
        channel.finish();
        drain();
        if (!complete) {
          throw new ControlException(
              response == null
                  ? "the server closed the connection instead of answering"
                  : "the server's answer is cut short");
        }
        break;
      }
      channel.writeInbound(Unpooled.copiedBuffer(chunk, 0, count));
      drain();
    }
    HttpResponse answer = response;
    if (answer == null) {
      throw new ControlException("the server closed the connection instead of answering");
    }
    return new Http1Response(
        answer.status().code(), Map.copyOf(headers), body.toByteArray(), beyond.toByteArray());
  }

  private void drain() throws ControlException {
    for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
      try {
        take(message);
      } finally {
        ReferenceCountUtil.release(message);
      }
    }
  }

  private void take(Object message) throws ControlException {
    if (message instanceof ByteBuf raw) {
      beyond.writeBytes(ByteBufUtil.getBytes(raw));
      return;
    }
    if (complete) {
      // One request has one answer; what follows was not asked for.
      return;
    }
    if (message instanceof HttpResponse head) {
      if (head.decoderResult().isFailure()) {
        throw new ControlException("the server's answer is not HTTP");
      }
      response = head;
      head.headers()
          .forEach(e -> headers.putIfAbsent(e.getKey().toLowerCase(Locale.ROOT), e.getValue()));
    }
    if (message instanceof HttpContent content) {
      if (content.decoderResult().isFailure()) {
        throw new ControlException("the server's answer is cut short or malformed");
      }
      body.writeBytes(ByteBufUtil.getBytes(content.content()));
      if (body.size() > MAX_BODY_LENGTH) {
        throw new ControlException("the server's answer is too long");
      }
      // 1xx answers precede the real one, but for the one that switches protocols.
      boolean interim = response != null && response.status().code() / 100 == 1;
      boolean upgrade = response != null && response.status().code() == SWITCHING_PROTOCOLS;
      complete |= message instanceof LastHttpContent && (upgrade || !interim);
    }
  }
}
