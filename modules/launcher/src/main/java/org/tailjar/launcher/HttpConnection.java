package org.tailjar.launcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;

/**
 * One connection to an {@link HttpServer}: its thread reads, parses, asks the handler and writes.
 */
final class HttpConnection implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("org.tailjar.launcher");

  /** No request that we understand has a large body. */
  private static final int LARGEST_BODY = 64 * 1024;

  private final SocketChannel channel;
  private final HttpHandler handler;
  private final boolean writer;
  private volatile long lastHeard = System.nanoTime();

  HttpConnection(SocketChannel channel, HttpHandler handler, boolean writer) {
    this.channel = channel;
    this.handler = handler;
    this.writer = writer;
  }

  /** Serves until either end closes. */
  void serve() throws IOException {
    var codec = new EmbeddedChannel(new HttpServerCodec(), new HttpObjectAggregator(LARGEST_BODY));
    try {
      var bytes = ByteBuffer.allocate(8 * 1024);
      while (channel.read(bytes.clear()) >= 0) {
        lastHeard = System.nanoTime();
        codec.writeInbound(Unpooled.copiedBuffer(bytes.flip()));
        boolean open = true;
        FullHttpRequest request;
        while (open && (request = codec.readInbound()) != null) {
          try {
            open = answer(codec, request);
          } finally {
            request.release();
          }
        }
        // The aggregator answers some requests by itself: "100 Continue", and "413" to a large one.
        flush(codec);
        if (!open || !codec.isOpen()) {
          return;
        }
      }
    } finally {
      finish(codec);
    }
  }

  private static void finish(EmbeddedChannel codec) {
    try {
      codec.finishAndReleaseAll();
    } catch (PrematureChannelClosureException e) {
      LOG.log(DEBUG, "a connection ended within a request");
    }
  }

  private boolean answer(EmbeddedChannel codec, FullHttpRequest request) throws IOException {
    boolean readable = request.decoderResult().isSuccess();
    var reply = readable ? reply(request) : HttpReply.text(400, "not an HTTP request");
    var stream = reply.stream();
    if (stream != null) {
      stream(codec, reply, stream);
      return false;
    }
    boolean keepAlive = readable && HttpUtil.isKeepAlive(request);
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(reply.status()),
            Unpooled.wrappedBuffer(reply.body()));
    var headers = response.headers();
    if (!reply.contentType().isEmpty()) {
      headers.set(HttpHeaderNames.CONTENT_TYPE, reply.contentType());
    }
    if (reply.status() != HttpResponseStatus.NO_CONTENT.code()) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, reply.body().length);
    }
    // Health pages may be reached by browsers: nothing of ours is to be framed, sniffed or kept.
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    headers.set(HttpHeaderNames.X_FRAME_OPTIONS, "DENY");
    headers.set("X-Content-Type-Options", "nosniff");
    HttpUtil.setKeepAlive(headers, request.protocolVersion(), keepAlive);
    codec.writeOutbound(response);
    flush(codec);
    return keepAlive;
  }

  /** Answers for as long as both ends are open. */
  private void stream(EmbeddedChannel codec, HttpReply reply, HttpReply.Stream stream)
      throws IOException {
    var response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(reply.status()));
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, reply.contentType());
    response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    HttpUtil.setTransferEncodingChunked(response, true);
    codec.writeOutbound(response);
    // Only a read notices that the client has gone.
    Thread.ofVirtual().name("http stream").start(this::closeAtEnd);
    try {
      for (var next = reply.body(); channel.isOpen(); next = stream.next()) {
        if (next.length > 0) {
          codec.writeOutbound(new DefaultHttpContent(Unpooled.wrappedBuffer(next)));
        }
        flush(codec);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void closeAtEnd() {
    try {
      var ignored = ByteBuffer.allocate(1024);
      while (channel.read(ignored.clear()) >= 0) {
        LOG.log(DEBUG, "a client writes while it is answered");
      }
    } catch (IOException e) {
      LOG.log(DEBUG, "the client of a stream has gone: {0}", e.getMessage());
    }
    close();
  }

  private HttpReply reply(FullHttpRequest request) {
    try {
      return handler.handle(call(request));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return HttpReply.text(503, "stopping");
    } catch (RuntimeException e) {
      // The node must survive a fault in what only looks at it.
      LOG.log(WARNING, "a local request failed: " + request.method(), e);
      return HttpReply.text(500, "internal error, see the log");
    }
  }

  private HttpCall call(FullHttpRequest request) {
    var target = new QueryStringDecoder(request.uri());
    var query = new HashMap<String, String>();
    target.parameters().forEach((name, values) -> query.put(name, values.getFirst()));
    var headers = request.headers();
    return new HttpCall(
        request.method().name(),
        target.path(),
        query,
        headers.get(HttpHeaderNames.HOST, ""),
        headers.contains(HttpHeaderNames.ORIGIN) || headers.contains(HttpHeaderNames.REFERER),
        writer,
        ByteBufUtil.getBytes(request.content()));
  }

  private void flush(EmbeddedChannel codec) throws IOException {
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
    lastHeard = System.nanoTime();
  }

  /** Since the last byte came or went. */
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - lastHeard);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.log(DEBUG, "closing a connection: {0}", e.getMessage());
    }
  }
}
