package org.tailjar.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2ChannelDuplexHandler;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2FrameStreamEvent;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of HTTP/2 with prior knowledge over a {@link NoiseConnection}: Netty's codec in
 * an embedded channel, without its I/O. A lock guards the channel; each request is answered on a
 * virtual thread of its own.
 */
final class Http2Server {

  private static final System.Logger LOG = System.getLogger("org.tailjar.testkit");
  private static final int MAX_BODY_LENGTH = 1 << 20;

  /** What answers requests. */
  @FunctionalInterface
  interface Handler {
    /** Answers with {@link Reply#respond}, or with {@link Reply#begin} and what follows. */
    void handle(String path, byte[] body, Reply reply) throws IOException, InterruptedException;
  }

  private static final class Request {
    private final String path;
    private final Reply reply;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    Request(String path, Reply reply) {
      this.path = path;
      this.reply = reply;
    }
  }

  /** Where an answer goes. */
  final class Reply {
    private final Http2FrameStream stream;
    private boolean closed;

    private Reply(Http2FrameStream stream) {
      this.stream = stream;
    }

    /** A whole answer. */
    void respond(int status, byte[] body) throws IOException {
      begin(status);
      send(body, true);
    }

    /** The head of an answer whose body follows piece by piece. */
    void begin(int status) throws IOException {
      write(
          new DefaultHttp2HeadersFrame(
                  new DefaultHttp2Headers()
                      .status(Integer.toString(status))
                      .set("content-type", "application/json"))
              .stream(stream));
    }

    /** A piece of the body. */
    void send(byte[] piece, boolean last) throws IOException {
      write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(piece), last).stream(stream));
    }

    /** Whether the client still listens. */
    boolean isOpen() {
      lock.lock();
      try {
        return !closed && !ended;
      } finally {
        lock.unlock();
      }
    }

    /** Has {@code action} run when the client no longer listens; at once if it is so already. */
    void onClose(Runnable action) {
      lock.lock();
      try {
        if (closed || ended) {
          action.run();
        } else {
          closeActions.put(stream, action);
        }
      } finally {
        lock.unlock();
      }
    }

    private void write(Object frame) throws IOException {
      lock.lock();
      try {
        if (closed || ended) {
          ReferenceCountUtil.release(frame);
          throw new IOException("the client no longer listens");
        }
        channel.write(frame);
        pump();
      } finally {
        lock.unlock();
      }
    }
  }

  private final NoiseConnection connection;
  private final Handler handler;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition outgoingOrEnded = lock.newCondition();
  private final Map<Http2FrameStream, Request> requests = new HashMap<>();
  private final Map<Http2FrameStream, Runnable> closeActions = new HashMap<>();
  private final EmbeddedChannel channel;
  private final ByteArrayOutputStream outgoing = new ByteArrayOutputStream();
  private boolean ended;

  Http2Server(NoiseConnection connection, Handler handler) {
    this.connection = connection;
    this.handler = handler;
    channel =
        new EmbeddedChannel(
            false,
            false,
            Http2FrameCodecBuilder.forServer().gracefulShutdownTimeoutMillis(0).build(),
            new Frames());
    channel.config().setAllocator(new UnpooledByteBufAllocator(false));
  }

  /** Serves until the connection ends. */
  void run() throws IOException {
    Thread writer = Thread.ofVirtual().name("testkit-http2-writer").unstarted(this::writeLoop);
    try {
      lock.lock();
      try {
        channel.register();
        pump();
      } catch (Exception e) {
        throw new IllegalStateException("an embedded channel did not register", e);
      } finally {
        lock.unlock();
      }
      writer.start();
      for (byte[] read = connection.read(); read != null; read = connection.read()) {
        lock.lock();
        try {
          channel.writeInbound(Unpooled.wrappedBuffer(read));
          pump();
          if (!channel.isActive()) {
            return;
          }
        } finally {
          lock.unlock();
        }
      }
    } finally {
      end();
    }
  }

  private void end() {
    lock.lock();
    try {
      if (!ended) {
        ended = true;
        outgoingOrEnded.signalAll();
        closeActions.values().forEach(Runnable::run);
        closeActions.clear();
        channel.close();
        channel.runPendingTasks();
        channel.releaseInbound();
        channel.releaseOutbound();
      }
    } finally {
      lock.unlock();
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
    if (outgoing.size() > 0) {
      outgoingOrEnded.signal();
    }
  }

  private void writeLoop() {
    try {
      while (true) {
        byte[] next;
        lock.lock();
        try {
          while (outgoing.size() == 0 && !ended) {
            outgoingOrEnded.awaitUninterruptibly();
          }
          if (ended) {
            return;
          }
          next = outgoing.toByteArray();
          outgoing.reset();
        } finally {
          lock.unlock();
        }
        connection.write(next);
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "a control connection ends", e);
      end();
    }
  }

  private void answer(Request request) {
    try {
      handler.handle(request.path, request.body.toByteArray(), request.reply);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "a request ends", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "a request failed: " + request.path, e);
      try {
        request.reply.respond(500, new byte[0]);
      } catch (IOException gone) {
        LOG.log(System.Logger.Level.DEBUG, "a request ends", gone);
      }
    }
  }

  /** What the codec understood. Runs with the lock held. */
  private final class Frames extends Http2ChannelDuplexHandler {

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      try {
        switch (message) {
          case Http2HeadersFrame head -> {
            CharSequence path = head.headers().path();
            requests.put(
                head.stream(), new Request(String.valueOf(path), new Reply(head.stream())));
            if (head.isEndStream()) {
              start(head.stream());
            }
          }
          case Http2DataFrame data -> dataReceived(context, data);
          case Http2ResetFrame reset -> closed(reset.stream());
          default -> {}
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    private void dataReceived(ChannelHandlerContext context, Http2DataFrame data) {
      Request request = requests.get(data.stream());
      if (request != null && request.body.size() < MAX_BODY_LENGTH) {
        request.body.writeBytes(ByteBufUtil.getBytes(data.content()));
      }
      context.write(
          new DefaultHttp2WindowUpdateFrame(data.initialFlowControlledBytes())
              .stream(data.stream()));
      if (data.isEndStream()) {
        start(data.stream());
      }
    }

    private void start(Http2FrameStream stream) {
      Request request = requests.get(stream);
      if (request != null) {
        Thread.ofVirtual().name("testkit-request").start(() -> answer(request));
      }
    }

    private void closed(@Nullable Http2FrameStream stream) {
      Request request = requests.remove(stream);
      if (request != null) {
        request.reply.closed = true;
      }
      Runnable action = closeActions.remove(stream);
      if (action != null) {
        action.run();
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof Http2FrameStreamEvent change
          && change.stream().state() == Http2Stream.State.CLOSED) {
        closed(change.stream());
      }
      ReferenceCountUtil.release(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      LOG.log(System.Logger.Level.DEBUG, "a control connection broke", cause);
      context.close();
    }
  }
}
