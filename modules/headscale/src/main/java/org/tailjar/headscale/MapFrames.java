package org.tailjar.headscale;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Cuts the body of a map stream into messages: four bytes of length, little-endian, and JSON. */
final class MapFrames {

  /**
   * The longest message that is accepted, in bytes. A network map of ten thousand nodes has about
   * ten million.
   */
  static final int MAX_LENGTH = 256 << 20;

  private static final int HEADER_LENGTH = 4;

  private MapFrames() {}

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
          "the server sent a map message of " + Integer.toUnsignedString(length) + " bytes");
    }
    // Memory grows with what has arrived, not with what was announced.
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("the map stream ended within a message");
    }
    return body;
  }
}
