package org.tailjar.headscale;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the early payload that may precede HTTP/2 in the server's first plaintext: the bytes {@code
 * FF FF FF 54 53}, four bytes of length, and JSON. However the records cut it. Used by one thread.
 */
public final class EarlyPayload {

  /** The longest early payload that is accepted, in bytes. */
  public static final int MAX_LENGTH = 10 << 20;

  private static final byte[] MAGIC = {-1, -1, -1, 'T', 'S'};
  private static final int HEADER_LENGTH = MAGIC.length + 4;

  private byte[] held = new byte[0];
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
    held = concatenate(held, plaintext);
    int compared = Math.min(held.length, MAGIC.length);
    if (!Arrays.equals(held, 0, compared, MAGIC, 0, compared)) {
      return release(0);
    }
    if (held.length < HEADER_LENGTH) {
      return new byte[0];
    }
    int length = 0;
    for (int i = MAGIC.length; i < HEADER_LENGTH; i++) {
      length = length << 8 | Byte.toUnsignedInt(held[i]);
    }
    if (length < 0 || length > MAX_LENGTH) {
      throw new NoiseException("the server's early payload is too long");
    }
    if (held.length < HEADER_LENGTH + length) {
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
    byte[] rest = Arrays.copyOfRange(held, from, held.length);
    done = true;
    held = new byte[0];
    return rest;
  }

  private static byte[] concatenate(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
