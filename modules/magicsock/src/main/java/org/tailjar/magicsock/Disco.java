package org.tailjar.magicsock;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;

/**
 * The messages by which nodes find paths to each other: one byte of type, one of version, a
 * payload. Types of later versions, such as those of peer relays, are not understood and to be
 * ignored.
 */
sealed interface Disco {

  int HEADER_LENGTH = 2;
  int TYPE_PING = 1;
  int TYPE_PONG = 2;
  int TYPE_CALL_ME_MAYBE = 3;
  int VERSION = 0;
  int NODE_KEY_LENGTH = 32;

  /** More are not taken from a peer: nobody has so many ways in. */
  int MAX_ENDPOINTS = 100;

  /**
   * Asks whether a path works.
   *
   * @param id to be echoed
   * @param node who asks; null when an old peer does not say
   */
  record Ping(TransactionId id, @Nullable NodePublicKey node) implements Disco {
    @Override
    public byte[] encode() {
      int keyLength = node == null ? 0 : NODE_KEY_LENGTH;
      ByteBuffer to = header(TYPE_PING, TransactionId.LENGTH + keyLength);
      id.put(to);
      if (node != null) {
        to.put(node.bytes());
      }
      return to.array();
    }
  }

  /**
   * Answers a ping.
   *
   * @param id of the ping
   * @param source where the ping was seen to come from
   */
  record Pong(TransactionId id, InetSocketAddress source) implements Disco {
    @Override
    public byte[] encode() {
      ByteBuffer to = header(TYPE_PONG, TransactionId.LENGTH + WireAddress.LENGTH);
      id.put(to);
      WireAddress.put(to, source);
      return to.array();
    }
  }

  /**
   * Asks to be pinged; comes by a relay only.
   *
   * @param endpoints where its sender may be reached
   */
  record CallMeMaybe(List<InetSocketAddress> endpoints) implements Disco {
    public CallMeMaybe {
      endpoints = List.copyOf(endpoints);
    }

    @Override
    public byte[] encode() {
      ByteBuffer to = header(TYPE_CALL_ME_MAYBE, endpoints.size() * WireAddress.LENGTH);
      endpoints.forEach(endpoint -> WireAddress.put(to, endpoint));
      return to.array();
    }
  }

  /** The plaintext to be boxed. */
  byte[] encode();

  /** Reads a plaintext; null when it is malformed or of a type that is not known here. */
  static @Nullable Disco parse(byte[] plaintext) {
    if (plaintext.length < HEADER_LENGTH) {
      return null;
    }
    ByteBuffer from = ByteBuffer.wrap(plaintext);
    int type = from.get();
    from.get(); // Version: later ones only add bytes at the end.
    return switch (type) {
      case TYPE_PING -> ping(from);
      case TYPE_PONG ->
          from.remaining() < TransactionId.LENGTH + WireAddress.LENGTH
              ? null
              : new Pong(TransactionId.get(from), WireAddress.get(from));
      case TYPE_CALL_ME_MAYBE -> callMeMaybe(from);
      default -> null;
    };
  }

  private static @Nullable Disco ping(ByteBuffer from) {
    if (from.remaining() < TransactionId.LENGTH) {
      return null;
    }
    TransactionId id = TransactionId.get(from);
    if (from.remaining() < NODE_KEY_LENGTH) {
      return new Ping(id, null);
    }
    byte[] key = new byte[NODE_KEY_LENGTH];
    from.get(key);
    return new Ping(id, NodePublicKey.of(key));
  }

  private static Disco callMeMaybe(ByteBuffer from) {
    List<InetSocketAddress> endpoints = new ArrayList<>();
    while (from.remaining() >= WireAddress.LENGTH && endpoints.size() < MAX_ENDPOINTS) {
      endpoints.add(WireAddress.get(from));
    }
    return new CallMeMaybe(endpoints);
  }

  private static ByteBuffer header(int type, int payloadLength) {
    return ByteBuffer.allocate(HEADER_LENGTH + payloadLength).put((byte) type).put((byte) VERSION);
  }
}
