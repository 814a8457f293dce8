package org.tailjar.linux;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** The one place where memory becomes an address for the kernel: checked here, once per call. */
final class NativeMemory {

  private NativeMemory() {}

  /**
   * The address of a range.
   *
   * @throws IndexOutOfBoundsException when the range does not lie in that memory
   * @throws IllegalArgumentException when the memory is on the heap
   */
  static long address(MemorySegment memory, long offset, long length) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException("the kernel takes off-heap memory only");
    }
    Objects.checkFromIndexSize(offset, length, memory.byteSize());
    return memory.address() + offset;
  }
}
