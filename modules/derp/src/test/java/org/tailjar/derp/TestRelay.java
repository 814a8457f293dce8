package org.tailjar.derp;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.tailjar.crypto.NaclBox;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;

/** A DERP server on loopback, plain http, that lets a test say and see every frame. */
final class TestRelay implements AutoCloseable {

  /** A frame that a client sent. */
  record Frame(int type, byte[] payload) {}

  /** A client after its introduction. */
  final class Client implements AutoCloseable {
    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    final String request;
    final NodePublicKey key;

    private Client(Socket socket) throws IOException {
      this.socket = socket;
      in = new DataInputStream(socket.getInputStream());
      out = new DataOutputStream(socket.getOutputStream());
      request = head();
      out.writeBytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\n\r\n");
      out.write(DerpFrames.serverKey(serverKey.publicKey().bytes()));
      Frame info = read();
      ByteBuffer payload = ByteBuffer.wrap(info.payload());
      byte[] raw = new byte[32];
      payload.get(raw);
      key = NodePublicKey.of(raw);
      byte[] nonce = new byte[24];
      payload.get(nonce);
      byte[] boxed = new byte[payload.remaining()];
      payload.get(boxed);
      NaclBox box = new NaclBox(serverKey.bytes(), raw);
      if (info.type() != DerpFrames.CLIENT_INFO || box.open(nonce, boxed) == null) {
        throw new IOException("no client info");
      }
      byte[] answer = box.seal(new byte[24], "{\"version\":2}".getBytes(StandardCharsets.UTF_8));
      send(DerpFrames.SERVER_INFO, ByteBuffer.allocate(24 + answer.length).put(24, answer).array());
    }

    Frame read() throws IOException {
      int type = in.readUnsignedByte();
      byte[] payload = new byte[in.readInt()];
      in.readFully(payload);
      return new Frame(type, payload);
    }

    Frame read(int type) throws IOException {
      while (true) {
        Frame frame = read();
        if (frame.type() == type) {
          return frame;
        }
      }
    }

    void send(int type, byte[] payload) throws IOException {
      synchronized (this) {
        out.write(DerpFrames.frame(type, payload));
      }
    }

    void sendRaw(byte... bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }

    void sendPacket(NodePublicKey source, byte[] packet) throws IOException {
      send(
          DerpFrames.RECV_PACKET,
          ByteBuffer.allocate(32 + packet.length).put(source.bytes()).put(packet).array());
    }

    private String head() throws IOException {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        int next = in.read();
        if (next < 0) {
          throw new EOFException();
        }
        head.write(next);
      }
      return head.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private final NodePrivateKey serverKey = NodePrivateKey.generate();
  private final ServerSocket server;
  private final Thread accepting;
  private final BlockingQueue<Client> arrived = new LinkedBlockingQueue<>();
  private final Map<Client, Boolean> open = new ConcurrentHashMap<>();

  TestRelay() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    accepting = Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  DerpRegion region(int id) {
    DerpNode node = new DerpNode(id + "a", id, "127.0.0.1", "", "", "", -1, false, port(), false);
    return new DerpRegion(id, "r" + id, "Region " + id, false, false, List.of(node));
  }

  DerpConfig.PlainHttpServer plainHttp() {
    return new DerpConfig.PlainHttpServer("127.0.0.1", port());
  }

  /** The next client that introduced itself. */
  Client next() throws InterruptedException {
    Client client = arrived.poll(60, TimeUnit.SECONDS);
    if (client == null) {
      throw new AssertionError("no client came");
    }
    return client;
  }

  boolean nobodyComesWithin(long millis) throws InterruptedException {
    return arrived.poll(millis, TimeUnit.MILLISECONDS) == null;
  }

  static String firstLine(String head) throws IOException {
    return new BufferedReader(new StringReader(head)).readLine();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    Client client = new Client(socket);
                    open.put(client, true);
                    arrived.add(client);
                  } catch (IOException e) {
                    closeQuietly(socket);
                  }
                });
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    try {
      // The port is free once the thread that waits on it has noticed.
      accepting.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Client client : open.keySet()) {
      client.close();
    }
  }
}
