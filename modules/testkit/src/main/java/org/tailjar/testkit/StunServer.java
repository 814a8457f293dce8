package org.tailjar.testkit;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Tells who asks where its datagrams come from (RFC 8489), as Headscale's does: requests without
 * the SOFTWARE and FINGERPRINT attributes of a node are dropped. Part of a {@link TestTailnet}.
 */
public final class StunServer implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger("org.tailjar.testkit");

  private static final int HEADER_LENGTH = 20;
  private static final int MAGIC_COOKIE = 0x2112A442;
  private static final short BINDING_REQUEST = 0x0001;
  private static final short BINDING_SUCCESS = 0x0101;
  private static final short XOR_MAPPED_ADDRESS = 0x0020;
  private static final long SOFTWARE_OF_NODES = 0x80220008_7461696cL;
  private static final int FINGERPRINT_HEADER = 0x80280004;
  private static final int FINGERPRINT_XOR = 0x5354554E;
  private static final int REQUEST_LENGTH = 40;
  private static final int TRANSACTION_OFFSET = 4;
  private static final int TRANSACTION_LENGTH = 16;

  private final DatagramSocket socket;
  private final AtomicLong answered = new AtomicLong();

  StunServer(InetAddress address) throws IOException {
    socket = new DatagramSocket(new InetSocketAddress(address, 0));
    Thread.ofVirtual().name("testkit-stun").start(this::serve);
  }

  /** The UDP port. */
  public int port() {
    return socket.getLocalPort();
  }

  /** How many requests were answered. */
  public long answered() {
    return answered.get();
  }

  @Override
  public void close() {
    socket.close();
  }

  private void serve() {
    byte[] buffer = new byte[1500];
    while (!socket.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        socket.receive(packet);
        byte[] answer =
            answer(
                Arrays.copyOf(buffer, packet.getLength()),
                (InetSocketAddress) packet.getSocketAddress());
        if (answer != null) {
          socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
          answered.incrementAndGet();
        }
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "STUN", e);
      }
    }
  }

  /** The answer to a request; null when it deserves none. */
  static byte @Nullable [] answer(byte[] request, InetSocketAddress source) {
    if (request.length != REQUEST_LENGTH) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(request);
    CRC32 crc = new CRC32();
    crc.update(request, 0, REQUEST_LENGTH - 8);
    if (in.getShort(0) != BINDING_REQUEST
        || in.getInt(TRANSACTION_OFFSET) != MAGIC_COOKIE
        || in.getLong(HEADER_LENGTH) != SOFTWARE_OF_NODES
        || in.getInt(REQUEST_LENGTH - 8) != FINGERPRINT_HEADER
        || in.getInt(REQUEST_LENGTH - 4) != ((int) crc.getValue() ^ FINGERPRINT_XOR)) {
      return null;
    }
    byte[] address = source.getAddress().getAddress();
    int attribute = 4 + address.length;
    ByteBuffer out =
        ByteBuffer.allocate(HEADER_LENGTH + 4 + attribute)
            .putShort(BINDING_SUCCESS)
            .putShort((short) (4 + attribute))
            .put(request, TRANSACTION_OFFSET, TRANSACTION_LENGTH)
            .putShort(XOR_MAPPED_ADDRESS)
            .putShort((short) attribute)
            .putShort((short) (address.length == 4 ? 1 : 2))
            .putShort((short) (source.getPort() ^ MAGIC_COOKIE >>> 16));
    for (int i = 0; i < address.length; i++) {
      out.put((byte) (address[i] ^ request[TRANSACTION_OFFSET + i]));
    }
    return out.array();
  }
}
