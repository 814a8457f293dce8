package org.tailjar.fuzz;

import java.util.Arrays;

/**
 * Takes an input apart, for targets that need more than its bytes. Past the end there are zeros.
 */
public final class Input {

  private final byte[] bytes;
  private int at;

  /** The input from its beginning. */
  public Input(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The next byte, unsigned. */
  public int unsignedByte() {
    return at < bytes.length ? bytes[at++] & 0xff : 0;
  }

  /** The next two bytes, most significant first. */
  public int unsignedShort() {
    return unsignedByte() << 8 | unsignedByte();
  }

  /** As many of the next bytes as there are, at most {@code most}. */
  public byte[] take(int most) {
    int end = Math.min(bytes.length, at + most);
    byte[] taken = Arrays.copyOfRange(bytes, at, end);
    at = end;
    return taken;
  }

  /** Everything that is left. */
  public byte[] rest() {
    return take(bytes.length - at);
  }

  /** Whether nothing is left. */
  public boolean isEmpty() {
    return at == bytes.length;
  }
}
