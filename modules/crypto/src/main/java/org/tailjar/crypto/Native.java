package org.tailjar.crypto;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Addresses for code that is not checked by the JVM. */
final class Native {

  private Native() {}

  /**
   * The address of a range of an off-heap segment.
   *
   * @throws IndexOutOfBoundsException if the range is not inside the segment
   * @throws IllegalArgumentException if the segment is on the heap
   */
  static long address(MemorySegment segment, long offset, long length) {
    Objects.checkFromIndexSize(offset, length, segment.byteSize());
    if (!segment.isNative()) {
      throw new IllegalArgumentException("packets are off-heap");
    }
    return segment.address() + offset;
  }
}
