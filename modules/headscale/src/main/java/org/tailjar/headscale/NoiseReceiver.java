package org.tailjar.headscale;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.tailjar.crypto.ChaCha20Poly1305;
import org.tailjar.crypto.CryptoException;

/**
 * Opens a stream of ts2021 records, however the network cut it. Used by one thread. Any error ends
 * the session: the counters can no longer agree.
 */
public final class NoiseReceiver {

  private static final int MAX_CIPHERTEXT_LENGTH =
      NoiseSender.MAX_RECORD_LENGTH - NoiseHandshake.HEADER_LENGTH;
  private static final byte[] NO_DATA = new byte[0];

  private final byte[] key;
  private final byte[] record = new byte[NoiseSender.MAX_RECORD_LENGTH];
  private int filled;
  private long counter;
  private boolean broken;

  NoiseReceiver(byte[] key) {
    this.key = key;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @return the plaintext of the records that are now complete; empty if none is
   * @throws NoiseException if a record is too long, of another type, or forged; and ever after
   */
  public byte[] open(byte[] bytes, int offset, int length) throws NoiseException {
    if (broken) {
      throw new NoiseException("the Noise session is broken");
    }
    ByteArrayOutputStream plaintext = new ByteArrayOutputStream(length);
    int end = offset + length;
    int at = offset;
    while (at < end) {
      int need =
          filled < NoiseHandshake.HEADER_LENGTH
              ? NoiseHandshake.HEADER_LENGTH
              : NoiseHandshake.HEADER_LENGTH + ciphertextLength();
      int size = Math.min(need - filled, end - at);
      System.arraycopy(bytes, at, record, filled, size);
      filled += size;
      at += size;
      if (filled == NoiseHandshake.HEADER_LENGTH) {
        checkHeader();
      } else if (filled == need && need > NoiseHandshake.HEADER_LENGTH) {
        plaintext.writeBytes(openRecord());
        filled = 0;
      }
    }
    return plaintext.toByteArray();
  }

  /** Whether the stream may end here: no record is half received. */
  public boolean atBoundary() {
    return filled == 0;
  }

  private int ciphertextLength() {
    return Byte.toUnsignedInt(record[1]) << 8 | Byte.toUnsignedInt(record[2]);
  }

  private void checkHeader() throws NoiseException {
    int length = ciphertextLength();
    if (record[0] != NoiseSender.TYPE_RECORD
        || length > MAX_CIPHERTEXT_LENGTH
        || length < ChaCha20Poly1305.TAG_LENGTH) {
      broken = true;
      throw new NoiseException(
          "the server sent a Noise record of type " + record[0] + " and length " + length);
    }
  }

  private byte[] openRecord() throws NoiseException {
    byte[] sealed = Arrays.copyOfRange(record, NoiseHandshake.HEADER_LENGTH, filled);
    try {
      if (counter == -1) {
        throw new CryptoException("the session is exhausted");
      }
      return ChaCha20Poly1305.open(key, NoiseSender.nonce(counter++), sealed, NO_DATA);
    } catch (CryptoException e) {
      broken = true;
      throw new NoiseException("the server sent a Noise record that is not authentic", e);
    }
  }

  @Override
  public String toString() {
    return "NoiseReceiver[records=" + Long.toUnsignedString(counter) + "]";
  }
}
