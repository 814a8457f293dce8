package org.tailjar.wireguard;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The messages of a handshake (WireGuard paper 5.4). Transport messages are handled where they lie,
 * see {@link Session}.
 */
sealed interface Message {

  /** Type of {@link Initiation}. */
  int INITIATION = 1;

  /** Type of {@link Response}. */
  int RESPONSE = 2;

  /** Type of {@link CookieReply}. */
  int COOKIE_REPLY = 3;

  /** Type of a transport message. */
  int TRANSPORT = 4;

  /** Length of one MAC in bytes; two end an initiation and a response. */
  int MAC_LENGTH = 16;

  /** Length of an {@link Initiation} in bytes, MACs included. */
  int INITIATION_LENGTH = 148;

  /** Length of a {@link Response} in bytes, MACs included. */
  int RESPONSE_LENGTH = 92;

  /** Length of a {@link CookieReply} in bytes. */
  int COOKIE_REPLY_LENGTH = 64;

  /** The message as it is sent, its MACs still zero. */
  byte[] encode();

  /** Whether an initiation or a response has a second MAC, which takes a cookie to make. */
  static boolean presentsCookie(MemorySegment message, int offset, int length) {
    long mac2At = (long) offset + length - MAC_LENGTH;
    return (message.get(ValueLayout.JAVA_LONG_UNALIGNED, mac2At)
            | message.get(ValueLayout.JAVA_LONG_UNALIGNED, mac2At + Long.BYTES))
        != 0;
  }

  /** Length that a message of this type has; -1 for a type that is no handshake message. */
  static int lengthOf(int type) {
    return switch (type) {
      case INITIATION -> INITIATION_LENGTH;
      case RESPONSE -> RESPONSE_LENGTH;
      case COOKIE_REPLY -> COOKIE_REPLY_LENGTH;
      default -> -1;
    };
  }

  /**
   * First message, from initiator to responder (paper 5.4.2).
   *
   * @param sender index that the initiator gave the handshake
   * @param ephemeral the initiator's ephemeral public key
   * @param encryptedStatic the initiator's static public key and a tag, 48 bytes
   * @param encryptedTimestamp a TAI64N time stamp and a tag, 28 bytes
   */
  record Initiation(int sender, byte[] ephemeral, byte[] encryptedStatic, byte[] encryptedTimestamp)
      implements Message {

    static Initiation decode(byte[] message) {
      ByteBuffer in = littleEndian(message).position(Integer.BYTES);
      return new Initiation(in.getInt(), take(in, 32), take(in, 48), take(in, 28));
    }

    @Override
    public byte[] encode() {
      return littleEndian(new byte[INITIATION_LENGTH])
          .putInt(INITIATION)
          .putInt(sender)
          .put(ephemeral)
          .put(encryptedStatic)
          .put(encryptedTimestamp)
          .array();
    }
  }

  /**
   * Second message, from responder to initiator (paper 5.4.3).
   *
   * @param sender index that the responder gave the session
   * @param receiver {@link Initiation#sender()}
   * @param ephemeral the responder's ephemeral public key
   * @param encryptedNothing a tag, 16 bytes
   */
  record Response(int sender, int receiver, byte[] ephemeral, byte[] encryptedNothing)
      implements Message {

    static Response decode(byte[] message) {
      ByteBuffer in = littleEndian(message).position(Integer.BYTES);
      return new Response(in.getInt(), in.getInt(), take(in, 32), take(in, 16));
    }

    @Override
    public byte[] encode() {
      return littleEndian(new byte[RESPONSE_LENGTH])
          .putInt(RESPONSE)
          .putInt(sender)
          .putInt(receiver)
          .put(ephemeral)
          .put(encryptedNothing)
          .array();
    }
  }

  /**
   * What a responder under load answers instead (paper 5.4.7).
   *
   * @param receiver sender index of the message that it answers
   * @param nonce 24 random bytes
   * @param encryptedCookie a cookie and a tag, 32 bytes
   */
  record CookieReply(int receiver, byte[] nonce, byte[] encryptedCookie) implements Message {

    static CookieReply decode(byte[] message) {
      ByteBuffer in = littleEndian(message).position(Integer.BYTES);
      return new CookieReply(in.getInt(), take(in, 24), take(in, 32));
    }

    @Override
    public byte[] encode() {
      return littleEndian(new byte[COOKIE_REPLY_LENGTH])
          .putInt(COOKIE_REPLY)
          .putInt(receiver)
          .put(nonce)
          .put(encryptedCookie)
          .array();
    }
  }

  private static ByteBuffer littleEndian(byte[] message) {
    return ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] take(ByteBuffer in, int length) {
    byte[] field = new byte[length];
    in.get(field);
    return field;
  }
}
