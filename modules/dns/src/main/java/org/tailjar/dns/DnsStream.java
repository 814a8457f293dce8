package org.tailjar.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Messages in a stream: each has its length ahead of it, in two bytes (RFC 7766 8). */
final class DnsStream {

  private DnsStream() {}

  /**
   * Reads a message.
   *
   * @throws java.io.EOFException when the stream is over
   * @throws IOException when it is longer, or too short to be one
   */
  static byte[] read(DataInputStream in, int longest) throws IOException {
    int length = in.readUnsignedShort();
    if (length < Question.HEADER || length > longest) {
      throw new IOException("a DNS message of " + length + " bytes");
    }
    byte[] message = new byte[length];
    in.readFully(message);
    return message;
  }

  /** Writes a message at once, for the other end may not wait for a second piece. */
  static void write(DataOutputStream out, byte[] message) throws IOException {
    if (message.length > 0xffff) {
      throw new IOException("a DNS message of " + message.length + " bytes");
    }
    out.write(
        ByteBuffer.allocate(message.length + 2)
            .putShort((short) message.length)
            .put(message)
            .array());
    out.flush();
  }
}
