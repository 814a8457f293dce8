package org.tailjar.magicsock;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NaclBox;

/**
 * Seals and opens DISCO packets between this node and one peer: magic, sender's key, nonce, NaCl
 * box. The key is computed once.
 */
final class DiscoBox {

  /** "TS" and the speech balloon U+1F4AC. */
  static final byte[] MAGIC = {0x54, 0x53, (byte) 0xf0, (byte) 0x9f, (byte) 0x92, (byte) 0xac};

  private static final int KEY_LENGTH = 32;
  private static final int NONCE_OFFSET = MAGIC.length + KEY_LENGTH;
  private static final int BOX_OFFSET = NONCE_OFFSET + NaclBox.NONCE_LENGTH;
  private static final int MIN_LENGTH = BOX_OFFSET + NaclBox.TAG_LENGTH + Disco.HEADER_LENGTH;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final byte[] ownKey;
  private final NaclBox box;

  /**
   * Precomputes the shared key.
   *
   * @throws org.tailjar.crypto.CryptoException when the peer's key is of low order
   */
  DiscoBox(DiscoPrivateKey own, DiscoPublicKey peer) {
    ownKey = own.publicKey().bytes();
    box = new NaclBox(own.bytes(), peer.bytes());
  }

  byte[] seal(Disco message) {
    byte[] nonce = new byte[NaclBox.NONCE_LENGTH];
    RANDOM.nextBytes(nonce);
    byte[] boxed = box.seal(nonce, message.encode());
    return ByteBuffer.allocate(BOX_OFFSET + boxed.length)
        .put(MAGIC)
        .put(ownKey)
        .put(nonce)
        .put(boxed)
        .array();
  }

  /** The message in a packet; null when it is forged, malformed, or of an unknown type. */
  @Nullable Disco open(byte[] packet) {
    if (packet.length < MIN_LENGTH) {
      return null;
    }
    byte[] plaintext =
        box.open(
            Arrays.copyOfRange(packet, NONCE_OFFSET, BOX_OFFSET),
            Arrays.copyOfRange(packet, BOX_OFFSET, packet.length));
    return plaintext == null ? null : Disco.parse(plaintext);
  }

  /** Whose packet it says to be; null when it is no DISCO packet. */
  static @Nullable DiscoPublicKey sender(byte[] packet) {
    if (packet.length < MIN_LENGTH
        || !Arrays.equals(packet, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      return null;
    }
    return DiscoPublicKey.of(Arrays.copyOfRange(packet, MAGIC.length, NONCE_OFFSET));
  }
}
