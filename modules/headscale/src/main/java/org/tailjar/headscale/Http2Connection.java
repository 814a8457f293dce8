package org.tailjar.headscale;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2ChannelDuplexHandler;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2FrameStreamEvent;
import io.netty.handler.codec.http2.Http2FrameStreamException;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of HTTP/2 with prior knowledge: Netty's codec in an embedded channel, without
 * its I/O.
 *
 * <p>A lock guards the channel and all streams. One virtual thread reads the byte stream and feeds
 * the channel; another writes what the channel has to say, so that the reader never waits for a
 * peer that does not read. Whatever goes wrong with the connection fails all of its streams, and
 * every later request.
 */
final class Http2Connection implements Closeable {

  /** How much of one body may wait to be read, in bytes. */
  private static final int STREAM_WINDOW = 1 << 20;

  /** How much of all bodies may wait to be read, in bytes. */
  private static final int CONNECTION_WINDOW = 4 << 20;

  private static final int DEFAULT_WINDOW = 65_535;

  /** How much may wait for a server that does not read, in bytes. */
  private static final int MAX_OUTGOING = 16 << 20;

  /** A stream of this connection, for {@link Http2Response}. */
  record Stream(Http2FrameStream frames) {}

  private final ByteStream bytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition outgoingOrClosed = lock.newCondition();
  private final Map<Http2FrameStream, Http2Response> streams = new HashMap<>();
  private final Frames frames = new Frames();
  private final EmbeddedChannel channel;
  private final ByteArrayOutputStream outgoing = new ByteArrayOutputStream();
  private @Nullable IOException failure;
  private boolean goingAway;

  /** Begins to speak; the connection owns the byte stream from here on. */
  Http2Connection(ByteStream bytes, String name) {
    this.bytes = bytes;
    Http2FrameCodec codec =
        Http2FrameCodecBuilder.forClient()
            .initialSettings(
                Http2Settings.defaultSettings().pushEnabled(false).initialWindowSize(STREAM_WINDOW))
            .gracefulShutdownTimeoutMillis(0)
            .build();
    channel = new EmbeddedChannel(false, false, codec, frames);
    channel.config().setAllocator(new UnpooledByteBufAllocator(false));
    locked(
        () -> {
          try {
            channel.register();
          } catch (Exception e) {
            throw new IllegalStateException("an embedded channel did not register", e);
          }
          channel.write(new DefaultHttp2WindowUpdateFrame(CONNECTION_WINDOW - DEFAULT_WINDOW));
          pump();
        });
    Thread.ofVirtual().name(name + "-writer").start(this::writeLoop);
    Thread.ofVirtual().name(name + "-reader").start(this::readLoop);
  }

  /**
   * Sends a request and waits for the head of the answer.
   *
   * @param timeout how long to wait for it
   * @throws IOException if the connection or the stream fails, or the time is up
   */
  Http2Response request(Http2Headers headers, byte[] body, Duration timeout) throws IOException {
    lock.lock();
    try {
      IOException broken = failure;
      if (broken != null) {
        throw new IOException(broken.getMessage(), broken);
      }
      if (goingAway) {
        throw new IOException("the server is going away");
      }
      Http2FrameStream id = frames.newStream();
      Http2Response response = new Http2Response(this, new Stream(id), lock.newCondition());
      streams.put(id, response);
      ChannelFuture sent =
          channel.write(new DefaultHttp2HeadersFrame(headers, body.length == 0).stream(id));
      sent.addListener(f -> failUnsent(response, f.cause()));
      if (body.length > 0) {
        channel
            .write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(body), true).stream(id))
            .addListener(f -> failUnsent(response, f.cause()));
      }
      pump();
      try {
        response.awaitHeaders(timeout);
      } catch (IOException e) {
        response.close();
        throw e;
      }
      return response;
    } finally {
      lock.unlock();
    }
  }

  /** Whether requests can be made. */
  boolean isUsable() {
    lock.lock();
    try {
      return failure == null && !goingAway;
    } finally {
      lock.unlock();
    }
  }

  /** Fails all streams and closes the byte stream. */
  @Override
  public void close() {
    fail(new IOException("the connection was closed"));
  }

  void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }

  /** An action that may fail. */
  @FunctionalInterface
  interface Action<T> {
    T run() throws IOException;
  }

  <T> T call(Action<T> action) throws IOException {
    lock.lock();
    try {
      return action.run();
    } finally {
      lock.unlock();
    }
  }

  /** Lets the server send as many bytes again. The lock is held. */
  void consumed(Stream stream, int length) {
    if (failure == null && length > 0) {
      channel.write(new DefaultHttp2WindowUpdateFrame(length).stream(stream.frames()));
      pump();
    }
  }

  /** Tells the server that nobody wants the rest. The lock is held. */
  void reset(Stream stream) {
    streams.remove(stream.frames());
    if (failure == null) {
      channel.write(new DefaultHttp2ResetFrame(Http2Error.CANCEL).stream(stream.frames()));
      pump();
    }
  }

  private static void failUnsent(Http2Response response, @Nullable Throwable cause) {
    if (cause != null) {
      response.fail(new IOException("a request could not be sent: " + cause.getMessage(), cause));
    }
  }

  /** Moves what the channel has to say to the writer. The lock is held. */
  private void pump() {
    channel.flush();
    channel.runPendingTasks();
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      outgoing.writeBytes(ByteBufUtil.getBytes(part));
      part.release();
    }
    if (outgoing.size() > MAX_OUTGOING) {
      fail(new IOException("the server does not read what it is sent"));
    } else if (outgoing.size() > 0) {
      outgoingOrClosed.signal();
    }
  }

  private void readLoop() {
    try {
      while (true) {
        byte[] received = bytes.read();
        if (received == null) {
          fail(new IOException("the server closed the connection"));
          return;
        }
        lock.lock();
        try {
          if (failure != null) {
            return;
          }
          channel.writeInbound(Unpooled.wrappedBuffer(received));
          pump();
          if (!channel.isActive()) {
            fail(new IOException("the server broke the HTTP/2 protocol"));
            return;
          }
        } finally {
          lock.unlock();
        }
      }
    } catch (SocketException e) {
      fail(new IOException("the connection to the server broke: " + e.getMessage(), e));
    } catch (IOException e) {
      fail(e);
    } catch (RuntimeException e) {
      fail(new IOException("the server broke the HTTP/2 protocol: " + e.getMessage(), e));
    }
  }

  private void writeLoop() {
    try {
      while (true) {
        byte[] next;
        lock.lock();
        try {
          while (outgoing.size() == 0 && failure == null) {
            outgoingOrClosed.awaitUninterruptibly();
          }
          if (outgoing.size() == 0 || failure != null) {
            return;
          }
          next = outgoing.toByteArray();
          outgoing.reset();
        } finally {
          lock.unlock();
        }
        bytes.write(next);
      }
    } catch (IOException | RuntimeException e) {
      fail(new IOException("the connection to the server broke: " + e.getMessage(), e));
    }
  }

  private void fail(IOException cause) {
    lock.lock();
    try {
      if (failure == null) {
        failure = cause;
        streams.values().forEach(response -> response.fail(cause));
        streams.clear();
        outgoingOrClosed.signalAll();
        channel.close();
        channel.runPendingTasks();
        channel.releaseInbound();
        channel.releaseOutbound();
      }
    } finally {
      lock.unlock();
    }
    bytes.close();
  }

  /** What the codec understood. Runs with the lock held. */
  private final class Frames extends Http2ChannelDuplexHandler {

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      try {
        if (message instanceof Http2StreamFrame frame) {
          @Nullable Http2Response response = streams.get(frame.stream());
          if (response != null) {
            streamFrame(frame, response);
          } else if (message instanceof Http2DataFrame data) {
            context.write(
                new DefaultHttp2WindowUpdateFrame(data.initialFlowControlledBytes())
                    .stream(frame.stream()));
          }
        } else if (message instanceof Http2GoAwayFrame) {
          goingAway = true;
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    private void streamFrame(Http2StreamFrame frame, Http2Response response) {
      boolean end = false;
      if (frame instanceof Http2HeadersFrame head) {
        end = head.isEndStream();
        response.headersReceived(head.headers(), end);
      } else if (frame instanceof Http2DataFrame data) {
        end = data.isEndStream();
        int padding = data.initialFlowControlledBytes() - data.content().readableBytes();
        if (padding > 0) {
          channel.write(new DefaultHttp2WindowUpdateFrame(padding).stream(frame.stream()));
        }
        response.dataReceived(ByteBufUtil.getBytes(data.content()), end);
      } else if (frame instanceof Http2ResetFrame reset) {
        end = true;
        response.fail(new IOException("the server reset the stream: error " + reset.errorCode()));
      }
      if (end) {
        streams.remove(frame.stream());
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof Http2FrameStreamEvent change
          && change.stream().state() == Http2Stream.State.CLOSED) {
        // After GOAWAY the codec closes streams that the server will not answer.
        @Nullable Http2Response response = streams.remove(change.stream());
        if (response != null) {
          response.fail(new IOException("the server closed the stream"));
        }
      }
      ReferenceCountUtil.release(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      if (cause instanceof Http2FrameStreamException streamError) {
        @Nullable Http2Response response = streams.remove(streamError.stream());
        if (response != null) {
          response.fail(new IOException("the HTTP/2 stream failed: " + cause.getMessage(), cause));
        }
      } else {
        fail(new IOException("the server broke the HTTP/2 protocol: " + cause.getMessage(), cause));
      }
    }
  }
}
