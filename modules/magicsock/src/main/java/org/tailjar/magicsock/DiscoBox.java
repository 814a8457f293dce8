package org.tailjar.magicsock;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.CryptoException;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NaclBox;

/**
 * Seals and opens DISCO packets between this node and one peer: magic, sender's key, nonce, NaCl
 * box. The shared key is computed once, when it is first needed: of the peers of a large tailnet
 * few are ever spoken to. Belongs to the first RX thread.
 */
final class DiscoBox {

  /** "TS" and the speech balloon U+1F4AC. */
  static final byte[] MAGIC = {0x54, 0x53, (byte) 0xf0, (byte) 0x9f, (byte) 0x92, (byte) 0xac};

  private static final int KEY_LENGTH = 32;
  private static final int NONCE_OFFSET = MAGIC.length + KEY_LENGTH;
  private static final int BOX_OFFSET = NONCE_OFFSET + NaclBox.NONCE_LENGTH;
  private static final int MIN_LENGTH = BOX_OFFSET + NaclBox.TAG_LENGTH + Disco.HEADER_LENGTH;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final DiscoPrivateKey own;
  private final DiscoPublicKey peer;
  private @Nullable NaclBox box;

  DiscoBox(DiscoPrivateKey own, DiscoPublicKey peer) {
    this.own = own;
    this.peer = peer;
  }

  private NaclBox box() {
    NaclBox present = box;
    if (present == null) {
      present = make();
      box = present;
    }
    return present;
  }

  private NaclBox make() {
    try {
      return new NaclBox(own.bytes(), peer.bytes());
    } catch (CryptoException e) {
      // A key of low order is nobody's: what is sealed for nobody cannot be opened by anybody.
      return new NaclBox(own.bytes(), DiscoPrivateKey.generate().publicKey().bytes());
    }
  }

  byte[] seal(Disco message) {
    byte[] nonce = new byte[NaclBox.NONCE_LENGTH];
    RANDOM.nextBytes(nonce);
    byte[] boxed = box().seal(nonce, message.encode());
    return ByteBuffer.allocate(BOX_OFFSET + boxed.length)
        .put(MAGIC)
        .put(own.publicKey().bytes())
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
        box()
            .open(
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
