package org.tailjar.derp;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.CryptoException;
import org.tailjar.crypto.NaclBox;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.transport.Connection;
import org.tailjar.transport.Destination;

/**
 * One life of a connection to one server: upgrade, introduction, then reading on the caller's
 * thread while another writes what {@link DerpOutput} has.
 */
final class DerpConnection {

  private static final Duration INTRODUCTION_TIMEOUT = Duration.ofSeconds(10);

  /** The server sends something at least every 65 s. */
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(120);

  /** A server answers a ping at once, and TCP repeats a lost segment after a second at most. */
  private static final Duration PONG_TIMEOUT = Duration.ofSeconds(4);

  /**
   * While packets come this densely, in packets per millisecond, the next ones are left to gather
   * for a moment: each pass through the threads behind costs the same, whatever it carries.
   */
  private static final int DENSE = 8;

  private static final long MILLISECOND = 1_000_000;
  private static final long GATHER_NANOS = 400_000;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final SecureRandom RANDOM = new SecureRandom();

  /** What a connection tells its owner, on the reading thread. */
  interface Events {
    /** The server has accepted this node. */
    void accepted();

    /** The server is about to restart. */
    void restarting(Duration reconnectIn, Duration tryFor);
  }

  private final int regionId;
  private final Connection connection;
  private final DerpOutput output;
  private final DerpInput input;
  private final DerpListener listener;
  private final Events events;
  private final DerpDecoder decoder = new DerpDecoder();
  private @Nullable NaclBox box;
  private boolean accepted;
  private NodePublicKey lastSource = NodePublicKey.ZERO;
  private byte[] lastSourceBytes = lastSource.bytes();
  private long intervalStart;
  private int intervalPackets;
  private boolean dense;
  private volatile boolean over;
  private volatile boolean silent;
  private volatile long heard = System.nanoTime();

  DerpConnection(
      int regionId,
      Connection connection,
      DerpOutput output,
      DerpInput input,
      DerpListener listener,
      Events events) {
    this.regionId = regionId;
    this.connection = connection;
    this.output = output;
    this.input = input;
    this.listener = listener;
    this.events = events;
  }

  /** Ends the connection from any thread. */
  void close() {
    over = true;
    connection.close();
    output.wake();
  }

  /** Asks the server for a sign of life; without one in time the connection ends. Any thread. */
  void check() {
    long asked = System.nanoTime();
    output.measure();
    Thread.ofVirtual()
        .name("derp-check-" + regionId)
        .start(
            () -> {
              try {
                Thread.sleep(PONG_TIMEOUT);
                if (heard - asked < 0 && !over) {
                  silent = true;
                  close();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // nobody interrupts it but a JVM that ends
              }
            });
  }

  /**
   * Upgrades, introduces this node and reads until the connection ends.
   *
   * @throws IOException always, with the reason
   */
  void run(Destination destination, NodePrivateKey key, boolean home) throws IOException {
    Thread writer = null;
    try {
      connection.readTimeout(INTRODUCTION_TIMEOUT);
      upgrade(destination);
      introduce(key);
      if (home) {
        connection.out().write(DerpFrames.notePreferred(true));
      }
      writer = Thread.ofPlatform().daemon().name("derp-write-" + regionId).start(this::write);
      while (true) {
        handleAll();
        gather();
        fill();
      }
    } catch (IOException e) {
      throw silent ? new DerpException("no answer since the network has changed") : e;
    } finally {
      close();
      if (writer != null) {
        writer.interrupt();
      }
    }
  }

  private void upgrade(Destination destination) throws IOException {
    String request =
        "GET /derp HTTP/1.1\r\nHost: "
            + destination.authority()
            + "\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n";
    connection.out().write(request.getBytes(StandardCharsets.ISO_8859_1));
    UpgradeResponse response = new UpgradeResponse();
    InputStream in = connection.in();
    while (true) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("the relay closed the connection instead of upgrading it");
      }
      if (response.take((byte) next)) {
        return;
      }
    }
  }

  private void introduce(NodePrivateKey key) throws IOException {
    while (!decoder.next()) {
      fill();
    }
    if (decoder.type() != DerpFrames.SERVER_KEY) {
      throw new DerpException("the relay began with a frame of type " + decoder.type());
    }
    try {
      NaclBox made = DerpFrames.box(key, DerpFrames.parseServerKey(decoder.payload()));
      connection.out().write(DerpFrames.clientInfo(key.publicKey(), made, RANDOM));
      box = made;
    } catch (CryptoException e) {
      throw new DerpException("the relay's public key is not usable");
    }
  }

  private void gather() {
    if (heard - intervalStart > MILLISECOND) {
      dense = intervalPackets >= DENSE;
      intervalStart = heard;
      intervalPackets = 0;
    }
    if (dense) {
      LockSupport.parkNanos(GATHER_NANOS);
    }
  }

  private void fill() throws IOException {
    int count = connection.in().read(decoder.buffer(), decoder.end(), decoder.space());
    if (count < 0) {
      throw new EOFException("the relay closed the connection");
    }
    heard = System.nanoTime();
    decoder.filled(count);
  }

  private void handleAll() throws IOException {
    boolean wake = false;
    while (decoder.next()) {
      if (decoder.type() == DerpFrames.RECV_PACKET) {
        wake |= packet();
        intervalPackets++;
      } else {
        handle();
      }
    }
    if (wake) {
      input.wake();
    }
  }

  private boolean packet() {
    int length = decoder.length() - DerpFrames.KEY_LENGTH;
    if (length <= 0) {
      return false;
    }
    byte[] buffer = decoder.buffer();
    int offset = decoder.offset();
    return input.offer(
        regionId, source(buffer, offset), buffer, offset + DerpFrames.KEY_LENGTH, length);
  }

  /** A run of packets mostly has one source: its key object is made once. */
  private NodePublicKey source(byte[] buffer, int offset) {
    int end = offset + DerpFrames.KEY_LENGTH;
    if (!Arrays.equals(buffer, offset, end, lastSourceBytes, 0, DerpFrames.KEY_LENGTH)) {
      lastSourceBytes = Arrays.copyOfRange(buffer, offset, end);
      lastSource = NodePublicKey.of(lastSourceBytes);
    }
    return lastSource;
  }

  private void handle() throws IOException {
    int length = decoder.length();
    switch (decoder.type()) {
      case DerpFrames.SERVER_INFO -> serverInfo();
      case DerpFrames.PING -> {
        if (length >= DerpFrames.PING_LENGTH) {
          byte[] echo = Arrays.copyOf(decoder.payload(), DerpFrames.PING_LENGTH);
          output.control(DerpFrames.frame(DerpFrames.PONG, echo));
        }
      }
      case DerpFrames.PONG -> {
        if (length >= DerpFrames.PING_LENGTH) {
          output.pong(decoder.buffer(), decoder.offset());
        }
      }
      case DerpFrames.PEER_GONE -> {
        if (length >= DerpFrames.KEY_LENGTH) {
          byte[] payload = decoder.payload();
          boolean notHere = length > DerpFrames.KEY_LENGTH && payload[DerpFrames.KEY_LENGTH] == 1;
          listener.peerGone(
              regionId, NodePublicKey.of(Arrays.copyOf(payload, DerpFrames.KEY_LENGTH)), notHere);
        }
      }
      case DerpFrames.HEALTH ->
          listener.health(regionId, new String(decoder.payload(), StandardCharsets.UTF_8));
      case DerpFrames.RESTARTING -> {
        if (length >= 8) {
          int offset = decoder.offset();
          events.restarting(milliseconds(offset), milliseconds(offset + 4));
        }
      }
      default -> {
        // KeepAlive has done its work by arriving; what is unknown is to be skipped.
      }
    }
  }

  private Duration milliseconds(int offset) {
    return Duration.ofMillis(Integer.toUnsignedLong((int) INT.get(decoder.buffer(), offset)));
  }

  private void serverInfo() throws IOException {
    if (accepted) {
      return;
    }
    if (box == null || DerpFrames.openServerInfo(decoder.payload(), box) == null) {
      throw new DerpException("the relay does not own the key that it showed");
    }
    accepted = true;
    connection.readTimeout(READ_TIMEOUT);
    output.measure();
    events.accepted();
  }

  private void write() {
    byte[] taken = new byte[DerpOutput.TAKEN_BYTES];
    OutputStream out = connection.out();
    BooleanSupplier isOver = () -> over;
    try {
      while (!over) {
        out.write(taken, 0, output.take(taken, isOver));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The reader learns of it by the close and tells why.
      System.getLogger(DerpClient.LOGGER).log(System.Logger.Level.DEBUG, "write to a relay", e);
    } finally {
      close();
    }
  }
}
