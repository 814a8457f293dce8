package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Pieces of off-heap memory that one call reads or writes (iovec). The memory must stay alive until
 * that call. Owned by one thread; reused.
 */
public final class IoVector {

  private static final int ENTRY = 16;

  private final int capacity;
  private final MemorySegment entries;
  private int count;
  private long length;

  /** A vector with room for this many pieces, at most 1024 (IOV_MAX). */
  public IoVector(int capacity) {
    Objects.checkIndex(capacity, 1025);
    this.capacity = capacity;
    entries = Arena.ofAuto().allocate((long) ENTRY * capacity, 8);
  }

  /** Forgets all pieces. */
  public void clear() {
    count = 0;
    length = 0;
  }

  /**
   * Adds a piece.
   *
   * @throws IndexOutOfBoundsException when the piece does not lie in that memory, or the vector is
   *     full
   */
  public void add(MemorySegment memory, long offset, int length) {
    Objects.checkIndex(count, capacity);
    long address = NativeMemory.address(memory, offset, length);
    entries.set(ValueLayout.JAVA_LONG, (long) ENTRY * count, address);
    entries.set(ValueLayout.JAVA_LONG, (long) ENTRY * count + 8, length);
    count++;
    this.length += length;
  }

  /** Bytes of all pieces together. */
  public long length() {
    return length;
  }

  int count() {
    return count;
  }

  long address() {
    return entries.address();
  }
}
