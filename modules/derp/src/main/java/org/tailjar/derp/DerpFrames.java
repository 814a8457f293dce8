package org.tailjar.derp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NaclBox;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;

/**
 * DERP's frames: one byte of type, four bytes of length (big-endian), the payload. No I/O; the
 * opposite direction is {@link DerpDecoder}.
 */
public final class DerpFrames {

  /** Server to client: magic and the server's public key. */
  public static final int SERVER_KEY = 0x01;

  /** Client to server: its node key, a nonce and a box of JSON. */
  public static final int CLIENT_INFO = 0x02;

  /** Server to client: a nonce and a box of JSON. */
  public static final int SERVER_INFO = 0x03;

  /** Client to server: destination key and packet. */
  public static final int SEND_PACKET = 0x04;

  /** Server to client: source key and packet. */
  public static final int RECV_PACKET = 0x05;

  /** Server to client: nothing, so that the client sees that the connection lives. */
  public static final int KEEP_ALIVE = 0x06;

  /** Client to server: whether this is its home region. */
  public static final int NOTE_PREFERRED = 0x07;

  /** Server to client: a peer that packets were sent to is not connected. */
  public static final int PEER_GONE = 0x08;

  /** Either way: eight bytes to be echoed. */
  public static final int PING = 0x12;

  /** Either way: the eight bytes of a ping. */
  public static final int PONG = 0x13;

  /** Server to client: what is wrong with the connection, empty when nothing is any more. */
  public static final int HEALTH = 0x14;

  /** Server to client: it restarts; when to connect again and for how long to try, in ms. */
  public static final int RESTARTING = 0x15;

  /** Length of a frame's header in bytes. */
  public static final int HEADER_LENGTH = 5;

  /** Length of a node key in bytes. */
  public static final int KEY_LENGTH = 32;

  /** Bytes ahead of a packet in a frame that carries one: header and key. */
  public static final int PACKET_HEADER_LENGTH = HEADER_LENGTH + KEY_LENGTH;

  /** Longest payload that is accepted, in bytes; a longer one ends the connection. */
  public static final int MAX_PAYLOAD_LENGTH = 1 << 20;

  /** Longest packet that a relay carries, in bytes. */
  public static final int MAX_PACKET_LENGTH = 64 << 10;

  /** Length of the echoed data of a ping in bytes. */
  static final int PING_LENGTH = 8;

  private static final byte[] MAGIC = {
    0x44, 0x45, 0x52, 0x50, (byte) 0xf0, (byte) 0x9f, (byte) 0x94, (byte) 0x91
  };

  private static final byte[] CLIENT_JSON =
      "{\"version\":2,\"CanAckPings\":true}".getBytes(StandardCharsets.UTF_8);

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private DerpFrames() {}

  /** A whole frame. */
  public static byte[] frame(int type, byte[] payload) {
    return ByteBuffer.allocate(HEADER_LENGTH + payload.length)
        .put((byte) type)
        .putInt(payload.length)
        .put(payload)
        .array();
  }

  /** The server's introduction, as a server sends it. */
  public static byte[] serverKey(byte[] publicKey) {
    return frame(
        SERVER_KEY,
        ByteBuffer.allocate(MAGIC.length + KEY_LENGTH).put(MAGIC).put(publicKey).array());
  }

  /**
   * The server's public key from the payload of a {@link #SERVER_KEY} frame; bytes behind it are
   * ignored.
   *
   * @throws DerpException when it is too short or lacks the magic
   */
  public static byte[] parseServerKey(byte[] payload) throws DerpException {
    if (payload.length < MAGIC.length + KEY_LENGTH
        || !Arrays.equals(payload, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new DerpException("the relay did not introduce itself as a DERP server");
    }
    return Arrays.copyOfRange(payload, MAGIC.length, MAGIC.length + KEY_LENGTH);
  }

  /** The client's introduction: its node key and, boxed to the server's key, what it can do. */
  static byte[] clientInfo(NodePublicKey key, NaclBox box, SecureRandom random) {
    byte[] nonce = new byte[NaclBox.NONCE_LENGTH];
    random.nextBytes(nonce);
    byte[] boxed = box.seal(nonce, CLIENT_JSON);
    return frame(
        CLIENT_INFO,
        ByteBuffer.allocate(KEY_LENGTH + nonce.length + boxed.length)
            .put(key.bytes())
            .put(nonce)
            .put(boxed)
            .array());
  }

  /**
   * The JSON in the payload of a {@link #SERVER_INFO} frame; null when it is not from the owner of
   * the server's key.
   */
  static byte @Nullable [] openServerInfo(byte[] payload, NaclBox box) {
    if (payload.length < NaclBox.NONCE_LENGTH + NaclBox.TAG_LENGTH) {
      return null;
    }
    return box.open(
        Arrays.copyOf(payload, NaclBox.NONCE_LENGTH),
        Arrays.copyOfRange(payload, NaclBox.NONCE_LENGTH, payload.length));
  }

  /** The box between a client and the server whose key it was shown. */
  static NaclBox box(NodePrivateKey own, byte[] serverKey) {
    return new NaclBox(own.bytes(), serverKey);
  }

  /** Says whether the region is this client's home. */
  public static byte[] notePreferred(boolean preferred) {
    return frame(NOTE_PREFERRED, new byte[] {(byte) (preferred ? 1 : 0)});
  }

  /**
   * Writes what stands ahead of a packet to be sent: {@link #PACKET_HEADER_LENGTH} bytes.
   *
   * @param to where, at {@code offset}
   * @param destination a segment of the 32 bytes of the destination's key
   * @param packetLength length of the packet that follows, in bytes
   */
  public static void putSendHeader(
      MemorySegment to, long offset, MemorySegment destination, int packetLength) {
    to.set(ValueLayout.JAVA_BYTE, offset, (byte) SEND_PACKET);
    to.set(INT, offset + 1, KEY_LENGTH + packetLength);
    MemorySegment.copy(destination, 0, to, offset + HEADER_LENGTH, KEY_LENGTH);
  }
}
