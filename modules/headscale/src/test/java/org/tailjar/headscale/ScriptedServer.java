package org.tailjar.headscale;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tailjar.crypto.MachinePrivateKey;

/** A control server on loopback that says what a test wants it to say, where it wants it to. */
final class ScriptedServer implements Closeable {

  /** What the server says to a request. */
  @FunctionalInterface
  interface Script {
    void answer(Request request, Reply reply);
  }

  record Request(String method, String path, String body) {}

  final MachinePrivateKey key = MachinePrivateKey.generate();

  /** The whole answer to /key. */
  volatile String keyAnswer = http("200 OK", "{\"publicKey\":\"" + key.publicKey().text() + "\"}");

  /** What precedes the Noise response. */
  volatile String upgradeAnswer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: tailscale-control-protocol\r\n"
          + "Connection: upgrade\r\n\r\n";

  /** In place of the Noise response, when not null. */
  volatile byte[] noiseAnswer;

  /** The first plaintext. */
  volatile byte[] earlyPayload =
      earlyPayload("{\"nodeKeyChallenge\":\"chalpub:" + "00".repeat(32) + "\"}");

  /** The connection is closed after so many bytes in all; -1 never. */
  volatile long cutAfter = -1;

  /** After so many bytes in all nothing more is sent; -1 never. */
  volatile long stallAfter = -1;

  /** The byte that is sent with all its bits turned; -1 none. */
  volatile long garbleAt = -1;

  /** At most so many bytes leave at once. */
  volatile int pieces = Integer.MAX_VALUE;

  volatile Script script = (request, reply) -> reply.status(501).end();

  final List<Request> requests = new CopyOnWriteArrayList<>();
  final List<String> heads = new CopyOnWriteArrayList<>();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final ServerSocket server;
  private long sent;

  ScriptedServer() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    Thread.ofVirtual().start(this::accept);
  }

  ServerUrl url() {
    return ServerUrl.parse("http://127.0.0.1:" + server.getLocalPort());
  }

  static String http(String status, String body) {
    return "HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s".formatted(status, body.length(), body);
  }

  static byte[] earlyPayload(String json) {
    return ByteBuffer.allocate(9 + json.length())
        .put(HexFormat.of().parseHex("ffffff5453"))
        .putInt(json.length())
        .put(json.getBytes(StandardCharsets.US_ASCII))
        .array();
  }

  /** Messages of a map stream in their frames. */
  static byte[] frames(String... messages) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String message : messages) {
      byte[] body = message.getBytes(StandardCharsets.UTF_8);
      out.writeBytes(
          ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(body.length).array());
      out.writeBytes(body);
    }
    return out.toByteArray();
  }

  /** Closes what is open now, and goes on. */
  void closeConnections() {
    sockets.forEach(ScriptedServer::closeQuietly);
  }

  int connections() {
    return sockets.size();
  }

  /** Bytes sent, with all that a client may have by now: what is being sent is waited for. */
  synchronized long sent() {
    return sent;
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        sockets.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      closeConnections();
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = socket.getInputStream();
      String head = readHead(in);
      heads.add(head);
      if (!head.startsWith("POST /ts2021 ")) {
        send(socket, keyAnswer.getBytes(StandardCharsets.ISO_8859_1));
        return;
      }
      Matcher handshake = Pattern.compile("(?i)X-Tailscale-Handshake: (\\S+)").matcher(head);
      if (!handshake.find()) {
        return;
      }
      send(socket, upgradeAnswer.getBytes(StandardCharsets.ISO_8859_1));
      if (noiseAnswer != null) {
        send(socket, noiseAnswer);
        return;
      }
      NoiseHandshake.Accepted accepted =
          NoiseHandshake.accept(key, Base64.getDecoder().decode(handshake.group(1)));
      send(socket, accepted.response());
      new Session(socket, accepted.transport()).run();
    } catch (IOException | UncheckedIOException e) {
      closeQuietly(socket);
    }
  }

  private static String readHead(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("no request");
      }
      head.append((char) b);
    }
    return head.toString();
  }

  private synchronized void send(Socket socket, byte[] bytes) throws IOException {
    OutputStream out = socket.getOutputStream();
    for (int at = 0; at < bytes.length; ) {
      int size = Math.min(pieces, bytes.length - at);
      if (cutAfter >= 0) {
        size = (int) Math.min(size, cutAfter - sent);
        if (size == 0) {
          socket.close();
          throw new IOException("cut");
        }
      }
      if (stallAfter >= 0) {
        size = (int) Math.min(size, stallAfter - sent);
        if (size == 0) {
          return;
        }
      }
      if (garbleAt >= sent && garbleAt < sent + size) {
        bytes = bytes.clone();
        bytes[(int) (at + garbleAt - sent)] ^= (byte) 0xff;
      }
      out.write(bytes, at, size);
      at += size;
      sent += size;
    }
  }

  private static void closeQuietly(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      System.getLogger("test").log(System.Logger.Level.TRACE, "close", e);
    }
  }

  @Override
  public void close() {
    closeQuietly(server);
    closeConnections();
  }

  /** HTTP/2 over Noise, the server's side. */
  private final class Session extends ChannelInboundHandlerAdapter {
    private final Socket socket;
    private final NoiseTransport noise;
    private final EmbeddedChannel channel;
    private final Map<Http2FrameStream, Http2HeadersFrame> heads = new HashMap<>();
    private final Map<Http2FrameStream, ByteArrayOutputStream> bodies = new HashMap<>();

    Session(Socket socket, NoiseTransport noise) {
      this.socket = socket;
      this.noise = noise;
      this.channel = new EmbeddedChannel(Http2FrameCodecBuilder.forServer().build(), this);
    }

    void run() throws IOException {
      byte[] buffer = new byte[8192];
      synchronized (this) {
        if (earlyPayload.length > 0) {
          send(socket, noise.sender().seal(earlyPayload, 0, earlyPayload.length));
        }
        pump();
      }
      InputStream in = socket.getInputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        byte[] plain = noise.receiver().open(buffer, 0, count);
        synchronized (this) {
          channel.writeInbound(Unpooled.wrappedBuffer(plain));
          pump();
        }
      }
    }

    synchronized void write(Object frame) {
      channel.write(frame);
      try {
        pump();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void pump() throws IOException {
      channel.flush();
      channel.runPendingTasks();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
        out.writeBytes(ByteBufUtil.getBytes(part));
        part.release();
      }
      if (out.size() > 0) {
        byte[] plain = out.toByteArray();
        send(socket, noise.sender().seal(plain, 0, plain.length));
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof Http2HeadersFrame head) {
        heads.put(head.stream(), head);
        bodies.put(head.stream(), new ByteArrayOutputStream());
        if (head.isEndStream()) {
          dispatch(head.stream());
        }
      } else if (message instanceof Http2DataFrame data) {
        bodies.get(data.stream()).writeBytes(ByteBufUtil.getBytes(data.content()));
        channel.write(
            new DefaultHttp2WindowUpdateFrame(data.initialFlowControlledBytes())
                .stream(data.stream()));
        if (data.isEndStream()) {
          dispatch(data.stream());
        }
      }
      ReferenceCountUtil.release(message);
    }

    private void dispatch(Http2FrameStream stream) {
      Http2HeadersFrame head = heads.get(stream);
      Request request =
          new Request(
              head.headers().method().toString(),
              head.headers().path().toString(),
              bodies.get(stream).toString(StandardCharsets.UTF_8));
      requests.add(request);
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  script.answer(request, new Reply(this, stream));
                } catch (UncheckedIOException e) {
                  closeQuietly(socket);
                }
              });
    }
  }

  /** The answer to one request, from any thread. */
  static final class Reply {
    private final Session session;
    private final Http2FrameStream stream;

    private Reply(Session session, Http2FrameStream stream) {
      this.session = session;
      this.stream = stream;
    }

    Reply status(int status, String... headers) {
      DefaultHttp2Headers all = new DefaultHttp2Headers();
      all.status(Integer.toString(status));
      for (int i = 0; i < headers.length; i += 2) {
        all.add(headers[i], headers[i + 1]);
      }
      session.write(new DefaultHttp2HeadersFrame(all, false).stream(stream));
      return this;
    }

    Reply data(byte[] bytes) {
      session.write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(bytes)).stream(stream));
      return this;
    }

    Reply data(String text) {
      return data(text.getBytes(StandardCharsets.UTF_8));
    }

    Reply messages(String... messages) {
      return data(frames(messages));
    }

    void end() {
      session.write(new DefaultHttp2DataFrame(Unpooled.EMPTY_BUFFER, true).stream(stream));
    }

    /** Ends the stream with an error; what was written before may be lost. */
    void reset() {
      session.write(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR).stream(stream));
    }

    void goAway(int lastStreamId) {
      DefaultHttp2GoAwayFrame frame = new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR);
      frame.setExtraStreamIds(lastStreamId);
      session.write(frame);
    }

    /** Sends bytes that are no HTTP/2. */
    void garbage(byte[] bytes) {
      session.write(Unpooled.wrappedBuffer(bytes));
    }

    void close() {
      closeQuietly(session.socket);
    }
  }
}
