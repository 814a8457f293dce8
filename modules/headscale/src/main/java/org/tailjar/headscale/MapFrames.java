package org.tailjar.headscale;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Cuts the body of a map stream into messages: four bytes of length, little-endian, and JSON. */
final class MapFrames {

  private static final int LEAST = 4 << 20;
  private static final int MOST = 256 << 20;

  /**
   * The longest message that is accepted, in bytes: an eighth of the memory that this process may
   * use, since its text and the map that is made of it are there at once. A network map of ten
   * thousand nodes has about ten million bytes.
   */
  static final int MAX_LENGTH = maxLength(Runtime.getRuntime().maxMemory());

  private static final int HEADER_LENGTH = 4;

  private MapFrames() {}

  static int maxLength(long memory) {
    return Math.clamp(memory / 8, LEAST, MOST);
  }

  /**
   * Reads one message.
   *
   * @return its body, or null if the stream ended between two messages
   * @throws EOFException if the stream ended within a message
   * @throws ControlException if the message is longer than {@link #MAX_LENGTH}
   */
  static byte @Nullable [] read(InputStream in) throws IOException {
    byte[] header = in.readNBytes(HEADER_LENGTH);
    if (header.length == 0) {
      return null;
    }
    if (header.length < HEADER_LENGTH) {
      throw new EOFException("the map stream ended within a message");
    }
    int length = 0;
    for (int i = HEADER_LENGTH - 1; i >= 0; i--) {
      length = length << 8 | Byte.toUnsignedInt(header[i]);
    }
    if (length < 0 || length > MAX_LENGTH) {
      throw new ControlException(
          "the server sent a map message of %s bytes; the memory of this process is enough for %d"
              .formatted(Integer.toUnsignedString(length), MAX_LENGTH));
    }
    // Memory grows with what has arrived, not with what was announced.
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("the map stream ended within a message");
    }
    return body;
  }
}
