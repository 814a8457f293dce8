package org.tailjar.testkit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Wraps bytes into a Zstandard frame of raw blocks (RFC 8878 3.1.1): valid, and not smaller. */
final class ZstdFrame {

  private static final int MAGIC = 0xFD2FB528;

  /** The content's length in four bytes, the content as the window. */
  private static final byte DESCRIPTOR = (byte) 0b1010_0000;

  private static final int MAX_BLOCK_LENGTH = 128 << 10;
  private static final int BLOCK_HEADER_LENGTH = 3;

  private ZstdFrame() {}

  static byte[] of(byte[] content) {
    int blocks = Math.max(1, Math.ceilDiv(content.length, MAX_BLOCK_LENGTH));
    ByteBuffer frame =
        ByteBuffer.allocate(9 + blocks * BLOCK_HEADER_LENGTH + content.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(MAGIC)
            .put(DESCRIPTOR)
            .putInt(content.length);
    for (int i = 0; i < blocks; i++) {
      int from = i * MAX_BLOCK_LENGTH;
      int length = Math.min(MAX_BLOCK_LENGTH, content.length - from);
      int header = length << 3 | (i == blocks - 1 ? 1 : 0);
      frame.put((byte) header).put((byte) (header >> 8)).put((byte) (header >> 16));
      frame.put(content, from, length);
    }
    return frame.array();
  }
}
