package org.tailjar.headscale;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the early payload that may precede HTTP/2 in the server's first plaintext: the bytes {@code
 * FF FF FF 54 53}, four bytes of length, and JSON. However the records cut it. Used by one thread.
 */
public final class EarlyPayload {

  /**
   * The longest early payload that is accepted, in bytes; that of Headscale has about a hundred.
   */
  public static final int MAX_LENGTH = 1 << 20;

  private static final byte[] MAGIC = {-1, -1, -1, 'T', 'S'};
  private static final int HEADER_LENGTH = MAGIC.length + 4;

  /** Room grows by doubling, with what has arrived and not with what was announced. */
  private byte[] held = new byte[64];

  private int filled;
  private byte @Nullable [] json;
  private boolean done;

  /** A search that has seen nothing yet. */
  public EarlyPayload() {}

  /**
   * Takes the next plaintext.
   *
   * @return what belongs to HTTP/2; empty while the early payload is incomplete
   * @throws NoiseException if the payload is longer than {@link #MAX_LENGTH}
   */
  public byte[] strip(byte[] plaintext) throws NoiseException {
    if (done) {
      return plaintext;
    }
    append(plaintext);
    int compared = Math.min(filled, MAGIC.length);
    if (!Arrays.equals(held, 0, compared, MAGIC, 0, compared)) {
      return release(0);
    }
    if (filled < HEADER_LENGTH) {
      return new byte[0];
    }
    int length = 0;
    for (int i = MAGIC.length; i < HEADER_LENGTH; i++) {
      length = length << 8 | Byte.toUnsignedInt(held[i]);
    }
    if (length < 0 || length > MAX_LENGTH) {
      throw new NoiseException("the server's early payload is too long");
    }
    if (filled < HEADER_LENGTH + length) {
      return new byte[0];
    }
    json = Arrays.copyOfRange(held, HEADER_LENGTH, HEADER_LENGTH + length);
    return release(HEADER_LENGTH + length);
  }

  /** The JSON of the early payload, or null when there was none, or not yet. */
  public byte @Nullable [] json() {
    return json == null ? null : json.clone();
  }

  private byte[] release(int from) {
    byte[] rest = Arrays.copyOfRange(held, from, filled);
    done = true;
    held = new byte[0];
    filled = 0;
    return rest;
  }

  private void append(byte[] more) {
    if (filled + more.length > held.length) {
      held = Arrays.copyOf(held, Math.max(2 * held.length, filled + more.length));
    }
    System.arraycopy(more, 0, held, filled, more.length);
    filled += more.length;
  }
}
