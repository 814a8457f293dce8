package org.tailjar.packet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams of one path in one off-heap buffer, laid out so that one system call sends or receives
 * them all (UDP_SEGMENT, UDP_GRO): datagram {@code i} starts at {@code i * stride}, all are of
 * equal length but the last, which may be shorter.
 *
 * <p>Owned by one thread at a time.
 */
public final class Batch {

  /** Most datagrams in a batch: what every kernel with UDP_SEGMENT takes in one send. */
  public static final int MAX_DATAGRAMS = 64;

  /** Most bytes of datagrams in a batch: the largest UDP payload over IPv4. */
  public static final int MAX_BYTES = 65_507;

  private static final int CAPACITY = 65_536 + MAX_DATAGRAMS * 64;

  private final MemorySegment memory;
  private @Nullable Path path;
  private int headroom;
  private int datagramLength;
  private int count;
  private int lastLength;
  private int calls = 1;

  /** An empty batch whose buffer is freed when the arena closes. */
  public Batch(Arena arena) {
    memory = arena.allocate(CAPACITY, 64);
  }

  /** The whole buffer. */
  public MemorySegment memory() {
    return memory;
  }

  /**
   * The path that the datagrams came by or go by; null in an empty batch that was never given one.
   */
  public @Nullable Path path() {
    return path;
  }

  /** Number of datagrams. */
  public int count() {
    return count;
  }

  /** Distance in bytes between the starts of two slots. */
  public int stride() {
    return headroom + datagramLength;
  }

  /** Bytes kept free ahead of each datagram. */
  public int headroom() {
    return headroom;
  }

  /** Offset of a datagram in {@link #memory()}. */
  public int offset(int index) {
    return index * (headroom + datagramLength) + headroom;
  }

  /** Length of a datagram in bytes. */
  public int length(int index) {
    return index == count - 1 ? lastLength : datagramLength;
  }

  /** Bytes of all slots together, headroom included. */
  public int totalLength() {
    return count == 0 ? 0 : (count - 1) * stride() + headroom + lastLength;
  }

  /** System calls that it took to send or receive the batch, 1 unless a path said otherwise. */
  public int calls() {
    return calls;
  }

  /** Says how many system calls it took to send or receive the batch. */
  public void calls(int number) {
    calls = number;
  }

  /** Empties the batch for datagrams to a path. */
  public void clear(Path path) {
    this.path = path;
    headroom = path.headroom();
    datagramLength = 0;
    count = 0;
    lastLength = 0;
    calls = 1;
  }

  /**
   * Says that a receive filled the buffer: {@code total} bytes, cut into datagrams of {@code
   * datagramLength}.
   */
  public void received(Path path, int total, int datagramLength) {
    if (total <= 0 || datagramLength <= 0 || total > CAPACITY) {
      throw new IllegalArgumentException(
          "received " + total + " bytes in datagrams of " + datagramLength);
    }
    this.path = path;
    headroom = 0;
    this.datagramLength = Math.min(datagramLength, total);
    count = (total + this.datagramLength - 1) / this.datagramLength;
    lastLength = total - (count - 1) * this.datagramLength;
    calls = 1;
  }

  /**
   * Whether a datagram of this length may join: none is longer than the first, and only the last is
   * shorter.
   */
  public boolean accepts(int length) {
    if (count == 0) {
      return headroom + length <= MAX_BYTES;
    }
    return count < MAX_DATAGRAMS
        && lastLength == datagramLength
        && length <= datagramLength
        && totalLength() + headroom + length <= MAX_BYTES;
  }

  /**
   * Appends a datagram whose bytes the caller writes.
   *
   * @return its offset in {@link #memory()}
   * @throws IllegalStateException when the batch does not accept that length
   */
  public int append(int length) {
    if (length <= 0 || !accepts(length)) {
      throw new IllegalStateException(
          "a batch of " + count + " x " + datagramLength + " bytes takes no " + length);
    }
    if (count == 0) {
      datagramLength = length;
    }
    count++;
    lastLength = length;
    return offset(count - 1);
  }
}
