package org.tailjar.derp;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;

/**
 * Packets that relays delivered, waiting for the one thread that takes them: a bounded ring of
 * reused buffers. When it is full a packet is dropped, as a network does.
 *
 * <p>Any thread may {@link #offer}; {@link #peek}, the accessors and {@link #release} belong to the
 * consumer.
 */
public final class DerpInput {

  private static final int USUAL_PACKET = 2048;

  private static final class Slot {
    private byte[] bytes = new byte[0];
    private MemorySegment memory = MemorySegment.ofArray(bytes);
    private NodePublicKey source = NodePublicKey.ZERO;
    private int regionId;
    private int length;

    private void fill(int regionId, NodePublicKey source, byte[] from, int offset, int length) {
      if (bytes.length < length) {
        bytes = new byte[Math.max(USUAL_PACKET, length)];
        memory = MemorySegment.ofArray(bytes);
      }
      System.arraycopy(from, offset, bytes, 0, length);
      this.regionId = regionId;
      this.source = source;
      this.length = length;
    }
  }

  private final Slot[] slots;
  private final int mask;
  private final Runnable wake;
  private final ReentrantLock producers = new ReentrantLock();
  private final AtomicLong taken = new AtomicLong();
  private final AtomicLong offered = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private @Nullable Slot current;

  /**
   * A ring.
   *
   * @param capacity in packets, a power of two
   * @param wake run after a packet came to an empty ring, on the thread that offered it
   */
  public DerpInput(int capacity, Runnable wake) {
    if (Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException("the capacity " + capacity + " is no power of two");
    }
    slots = new Slot[capacity];
    mask = capacity - 1;
    for (int i = 0; i < capacity; i++) {
      slots[i] = new Slot();
    }
    this.wake = wake;
  }

  /**
   * Adds a packet, copied.
   *
   * @return whether the consumer may be waiting and is to be woken: {@link #wake()}
   */
  public boolean offer(int regionId, NodePublicKey source, byte[] packet, int offset, int length) {
    producers.lock();
    try {
      long position = offered.get();
      if (position - taken.get() == slots.length) {
        dropped.incrementAndGet();
        return false;
      }
      slots[(int) position & mask].fill(regionId, source, packet, offset, length);
      offered.set(position + 1);
      // Read after the write above: either the consumer sees the packet or we see that it is done.
      return taken.get() == position;
    } finally {
      producers.unlock();
    }
  }

  /** Wakes the consumer. */
  public void wake() {
    wake.run();
  }

  /** Moves to the oldest packet, which stays until {@link #release()}; false when there is none. */
  public boolean peek() {
    long position = taken.get();
    if (position == offered.get()) {
      current = null;
      return false;
    }
    current = slots[(int) position & mask];
    return true;
  }

  /** The region through which the packet came. */
  public int regionId() {
    return slot().regionId;
  }

  /** The node that sent the packet, as the relay says. */
  public NodePublicKey source() {
    return slot().source;
  }

  /** Length of the packet in bytes. */
  public int length() {
    return slot().length;
  }

  /** A segment that begins with the packet; it may be longer. */
  public MemorySegment memory() {
    return slot().memory;
  }

  /** Gives the packet's buffer back. */
  public void release() {
    slot();
    current = null;
    taken.incrementAndGet();
  }

  /** How many packets found the ring full. */
  public long dropped() {
    return dropped.get();
  }

  private Slot slot() {
    if (current == null) {
      throw new IllegalStateException("no packet was peeked at");
    }
    return current;
  }
}
