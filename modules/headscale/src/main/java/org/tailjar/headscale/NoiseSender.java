package org.tailjar.headscale;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.tailjar.crypto.ChaCha20Poly1305;

/** Seals a byte stream into ts2021 records. Used by one thread. */
public final class NoiseSender {

  /** The longest record in bytes, with its header. */
  public static final int MAX_RECORD_LENGTH = 4096;

  /** The most plaintext that one record carries, in bytes. */
  public static final int MAX_PLAINTEXT_LENGTH =
      MAX_RECORD_LENGTH - NoiseHandshake.HEADER_LENGTH - ChaCha20Poly1305.TAG_LENGTH;

  static final byte TYPE_RECORD = 4;

  private static final byte[] NO_DATA = new byte[0];

  private final byte[] key;
  private long counter;

  NoiseSender(byte[] key) {
    this.key = key;
  }

  /** The nonce of ts2021: the counter is big-endian, unlike in WireGuard. */
  static byte[] nonce(long counter) {
    return ByteBuffer.allocate(ChaCha20Poly1305.NONCE_LENGTH).putInt(0).putLong(counter).array();
  }

  /**
   * Seals bytes into as many records as they need.
   *
   * @return the records, one after the other; nothing for no bytes
   * @throws IllegalStateException after 2^64-1 records
   */
  public byte[] seal(byte[] plaintext, int offset, int length) {
    int records = (length + MAX_PLAINTEXT_LENGTH - 1) / MAX_PLAINTEXT_LENGTH;
    int overhead = NoiseHandshake.HEADER_LENGTH + ChaCha20Poly1305.TAG_LENGTH;
    ByteBuffer out = ByteBuffer.allocate(length + records * overhead);
    for (int done = 0; done < length; done += MAX_PLAINTEXT_LENGTH) {
      int size = Math.min(MAX_PLAINTEXT_LENGTH, length - done);
      byte[] piece = Arrays.copyOfRange(plaintext, offset + done, offset + done + size);
      if (counter == -1) {
        throw new IllegalStateException("the Noise session is exhausted");
      }
      byte[] sealed = ChaCha20Poly1305.seal(key, nonce(counter++), piece, NO_DATA);
      out.put(TYPE_RECORD).putShort((short) sealed.length).put(sealed);
    }
    return out.array();
  }

  @Override
  public String toString() {
    return "NoiseSender[records=" + Long.toUnsignedString(counter) + "]";
  }
}
