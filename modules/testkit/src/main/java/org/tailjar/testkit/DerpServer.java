package org.tailjar.testkit;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.tailjar.crypto.NaclBox;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpDecoder;
import org.tailjar.derp.DerpException;
import org.tailjar.derp.DerpFrames;

/** Relays packets between nodes by their keys. Part of a {@link TestTailnet}. Thread-safe. */
public final class DerpServer {

  private static final System.Logger LOG = System.getLogger("org.tailjar.testkit");

  /** As many frames wait for one client as at a real server; then the oldest is dropped. */
  private static final int QUEUE_LENGTH = 32;

  private static final long KEEP_ALIVE_SECONDS = 60;
  private static final byte PEER_DISCONNECTED = 0;
  private static final byte PEER_NOT_HERE = 1;
  private static final byte[] SERVER_JSON = "{\"version\":2}".getBytes(StandardCharsets.UTF_8);

  private final class Client {
    private final NodePublicKey key;
    private final ArrayBlockingQueue<byte[]> queue = new ArrayBlockingQueue<>(QUEUE_LENGTH);

    /** To whom it sent: they are told when it goes. */
    private final Set<NodePublicKey> sentTo = ConcurrentHashMap.newKeySet();

    private volatile boolean closed;

    Client(NodePublicKey key) {
      this.key = key;
    }

    void send(byte[] frame) {
      while (!queue.offer(frame)) {
        if (queue.poll() != null) {
          dropped.incrementAndGet();
        }
      }
    }

    void write(OutputStream out) {
      try {
        while (!closed) {
          byte[] next = queue.poll(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
          out.write(next == null ? DerpFrames.frame(DerpFrames.KEEP_ALIVE, new byte[0]) : next);
          if (queue.isEmpty()) {
            out.flush();
          }
        }
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "a relay connection ends", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private final NodePrivateKey key = NodePrivateKey.generate();
  private final SecureRandom random = new SecureRandom();
  private final Predicate<NodePublicKey> admits;
  private final Map<NodePublicKey, Client> clients = new ConcurrentHashMap<>();
  private final AtomicLong relayed = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  /**
   * A relay.
   *
   * @param admits which nodes may use it
   */
  DerpServer(Predicate<NodePublicKey> admits) {
    this.admits = admits;
  }

  /** How many packets went through. */
  public long relayed() {
    return relayed.get();
  }

  /** How many packets found the queue of their receiver full and took the place of another. */
  public long dropped() {
    return dropped.get();
  }

  /** Whether a node is connected. */
  public boolean isConnected(NodePublicKey node) {
    return clients.containsKey(node);
  }

  /** Answers what is the relay's; false for other paths. */
  boolean handle(HttpExchange exchange) throws IOException {
    switch (exchange.path()) {
      case "/derp" -> relay(exchange);
      case "/derp/probe", "/derp/latency-check" -> exchange.respond(200, "text/plain", new byte[0]);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void relay(HttpExchange exchange) throws IOException {
    if (!exchange.header("Upgrade").equalsIgnoreCase("DERP")) {
      exchange.respond(426, "text/plain", new byte[0]);
      return;
    }
    exchange.upgrade(
        "DERP",
        Map.of(
            "Derp-Version",
            "2",
            "Derp-Public-Key",
            HexFormat.of().formatHex(key.publicKey().bytes())));
    OutputStream out = exchange.out();
    out.write(DerpFrames.serverKey(key.publicKey().bytes()));
    out.flush();
    FrameReader frames = new FrameReader(exchange.in());
    Client client = admit(frames, out);
    Thread writer = Thread.ofVirtual().name("testkit-derp-writer").start(() -> client.write(out));
    Client before = clients.put(client.key, client);
    if (before != null) {
      before.closed = true;
    }
    try {
      while (true) {
        frames.read();
        receive(client, frames.decoder);
      }
    } finally {
      client.closed = true;
      if (clients.remove(client.key, client)) {
        tellOfItsEnd(client);
      }
      writer.interrupt();
    }
  }

  private Client admit(FrameReader frames, OutputStream out) throws IOException {
    frames.read();
    byte[] payload = frames.decoder.payload();
    int sealedFrom = DerpFrames.KEY_LENGTH + NaclBox.NONCE_LENGTH;
    if (frames.decoder.type() != DerpFrames.CLIENT_INFO || payload.length < sealedFrom) {
      throw new DerpException("the client did not introduce itself");
    }
    NodePublicKey client = NodePublicKey.of(Arrays.copyOf(payload, DerpFrames.KEY_LENGTH));
    NaclBox box = new NaclBox(key.bytes(), client.bytes());
    byte[] nonce = Arrays.copyOfRange(payload, DerpFrames.KEY_LENGTH, sealedFrom);
    if (box.open(nonce, Arrays.copyOfRange(payload, sealedFrom, payload.length)) == null) {
      throw new DerpException("the client does not hold the key that it names");
    }
    if (!admits.test(client)) {
      throw new DerpException("the client is no node of the tailnet");
    }
    random.nextBytes(nonce);
    byte[] sealed = box.seal(nonce, SERVER_JSON);
    out.write(
        DerpFrames.frame(
            DerpFrames.SERVER_INFO,
            ByteBuffer.allocate(nonce.length + sealed.length).put(nonce).put(sealed).array()));
    out.flush();
    return new Client(client);
  }

  private void tellOfItsEnd(Client gone) {
    for (NodePublicKey key : gone.sentTo) {
      Client receiver = clients.get(key);
      if (receiver != null) {
        receiver.send(peerGone(gone.key.bytes(), PEER_DISCONNECTED));
      }
    }
  }

  private static byte[] peerGone(byte[] key, byte reason) {
    return DerpFrames.frame(
        DerpFrames.PEER_GONE, ByteBuffer.allocate(key.length + 1).put(key).put(reason).array());
  }

  private void receive(Client from, DerpDecoder frame) {
    byte[] payload = frame.payload();
    if (frame.type() == DerpFrames.PING) {
      from.send(DerpFrames.frame(DerpFrames.PONG, payload));
    } else if (frame.type() == DerpFrames.SEND_PACKET && payload.length >= DerpFrames.KEY_LENGTH) {
      byte[] destination = Arrays.copyOf(payload, DerpFrames.KEY_LENGTH);
      Client to = clients.get(NodePublicKey.of(destination));
      if (to == null) {
        from.send(peerGone(destination, PEER_NOT_HERE));
      } else {
        // The packet stays, the key ahead of it becomes the sender's.
        System.arraycopy(from.key.bytes(), 0, payload, 0, DerpFrames.KEY_LENGTH);
        to.send(DerpFrames.frame(DerpFrames.RECV_PACKET, payload));
        from.sentTo.add(to.key);
        relayed.incrementAndGet();
      }
    }
  }

  /** Reads whole frames from a connection. */
  private static final class FrameReader {
    private final InputStream in;
    private final DerpDecoder decoder = new DerpDecoder();

    FrameReader(InputStream in) {
      this.in = in;
    }

    void read() throws IOException {
      while (!decoder.next()) {
        int count = in.read(decoder.buffer(), decoder.end(), decoder.space());
        if (count < 0) {
          throw new EOFException("the client closed the connection");
        }
        decoder.filled(count);
      }
    }
  }
}
