package org.tailjar.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A test that a packet cipher has to pass on the machine where it is to be used, because most
 * depend on a library or on code that is chosen for the processor.
 */
final class KnownAnswer {

  /** Lengths around the block sizes of ChaCha20, Poly1305 and their vectorised forms. */
  private static final int[] LENGTHS = {
    0, 1, 15, 16, 17, 63, 64, 65, 191, 192, 193, 960, 961, 1024, 1420, 1600
  };

  private static final int MAX_LENGTH = 1600 + Aead.TAG_LENGTH;
  private static final long FIRST_COUNTER = 0x0102030405060708L;

  /** BLAKE2s of all messages sealed; from another implementation (Python's cryptography). */
  private static final byte[] ANSWER =
      HexFormat.of().parseHex("2b6e37c8379a465b053e8cc742684d62d69a2a8245dc4fca3b0ee3f09f90e8eb");

  private KnownAnswer() {}

  /** Whether messages are sealed to the known bytes, open again, and are refused when forged. */
  static boolean isGivenBy(Aead aead) {
    byte[] rawKey = new byte[ChaCha20Poly1305.KEY_LENGTH];
    for (int i = 0; i < rawKey.length; i++) {
      rawKey[i] = (byte) (0x80 + i);
    }
    AeadKey key = aead.key(rawKey);
    AeadContext context = aead.context();
    byte[][] sealed = new byte[LENGTHS.length][];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment packet = arena.allocate(MAX_LENGTH);
      for (int i = 0; i < LENGTHS.length; i++) {
        int length = LENGTHS[i];
        byte[] plaintext = plaintext(length);
        MemorySegment.copy(plaintext, 0, packet, ValueLayout.JAVA_BYTE, 0, length);
        long counter = FIRST_COUNTER + length;
        context.seal(key, counter, packet, 0, length, packet, 0);
        sealed[i] = bytes(packet, length + Aead.TAG_LENGTH);
        if (!opensUnlessForged(context, key, counter, packet, sealed[i], plaintext)) {
          return false;
        }
      }
    } finally {
      key.destroy();
    }
    return Arrays.equals(Blake2s.hash(sealed), ANSWER);
  }

  private static boolean opensUnlessForged(
      AeadContext context,
      AeadKey key,
      long counter,
      MemorySegment packet,
      byte[] sealed,
      byte[] plaintext) {
    int last = sealed.length - 1;
    packet.set(ValueLayout.JAVA_BYTE, last, (byte) (sealed[last] ^ 1));
    if (context.open(key, counter, packet, 0, sealed.length, packet, 0)) {
      return false;
    }
    MemorySegment.copy(sealed, 0, packet, ValueLayout.JAVA_BYTE, 0, sealed.length);
    return context.open(key, counter, packet, 0, sealed.length, packet, 0)
        && Arrays.equals(bytes(packet, plaintext.length), plaintext);
  }

  private static byte[] plaintext(int length) {
    byte[] plaintext = new byte[length];
    for (int i = 0; i < length; i++) {
      plaintext[i] = (byte) (7 * i + length);
    }
    return plaintext;
  }

  private static byte[] bytes(MemorySegment packet, int length) {
    return packet.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
  }
}
