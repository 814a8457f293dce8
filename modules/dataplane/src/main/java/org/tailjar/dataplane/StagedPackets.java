package org.tailjar.dataplane;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Packets of one peer that wait for a session, oldest first. Guarded by its own monitor, which is
 * the peer's staging lock:
 *
 * <ul>
 *   <li>TX seals directly only while {@link #isEmpty} and there is a session; otherwise it takes
 *       the lock, looks again at both, and if either fails it stages.
 *   <li>RX publishes a session first, then takes the lock and seals and sends everything, and only
 *       then is this empty again.
 * </ul>
 *
 * <p>So a packet that was staged before the session was published is sent by RX; one that comes
 * later either finds this not empty, waits for the lock and then goes directly, or joins the queue
 * ahead of RX. None is left behind and none overtakes another.
 */
final class StagedPackets {

  /** Most packets that wait. */
  static final int CAPACITY = 128;

  private static final int FIRST_SLOTS = 2;
  private static final int[] NO_SLOTS = {};

  private final int slot;
  private final Staging staging;

  // Room for a few packets at first: hundreds of peers may be waited for at once, with one each.
  private int[] lengths = NO_SLOTS;
  private MemorySegment memory = MemorySegment.NULL;

  /** What the memory is given back with, at once and not when it is collected. */
  private @Nullable Arena arena;

  private int first;

  /** Written under the monitor. */
  private volatile int count;

  StagedPackets(int mtu, Staging staging) {
    this.staging = staging;
    slot = mtu;
  }

  /** Whether none waits; without the monitor this is a hint that errs to false while RX flushes. */
  boolean isEmpty() {
    return count == 0;
  }

  int size() {
    return count;
  }

  /**
   * Copies a packet to the end of the queue; monitor held.
   *
   * @return false when that pushed the oldest out
   */
  boolean add(MemorySegment from, long offset, int length) {
    boolean room = count < CAPACITY;
    if (!room) {
      first = (first + 1) % CAPACITY;
      count = CAPACITY - 1;
    } else if (count == lengths.length) {
      grow();
    }
    int index = (first + count) % lengths.length;
    MemorySegment.copy(from, offset, memory, (long) index * slot, length);
    lengths[index] = length;
    count++;
    return room;
  }

  /** The buffer that the packets lie in; monitor held. */
  MemorySegment memory() {
    return memory;
  }

  private void grow() {
    int slots = Math.min(CAPACITY, Math.max(FIRST_SLOTS, 2 * lengths.length));
    Arena next = Arena.ofShared();
    MemorySegment larger = next.allocate((long) slots * slot, 64);
    // None was pushed out yet, so the first packet lies in the first slot.
    MemorySegment.copy(memory, 0, larger, 0, (long) count * slot);
    free();
    arena = next;
    memory = larger;
    staging.taken(larger.byteSize());
    lengths = Arrays.copyOf(lengths, slots);
  }

  /** Where the packet at a position in the queue lies; monitor held. */
  long offset(int position) {
    return (long) ((first + position) % lengths.length) * slot;
  }

  /** Length of the packet at a position in the queue; monitor held. */
  int length(int position) {
    return lengths[(first + position) % lengths.length];
  }

  /**
   * Empties the queue and lets go of the buffer, which most peers need once in two minutes at most;
   * monitor held.
   */
  void clear() {
    first = 0;
    free();
    lengths = NO_SLOTS;
    count = 0;
  }

  private void free() {
    if (arena != null) {
      staging.taken(-memory.byteSize());
      memory = MemorySegment.NULL;
      arena.close();
      arena = null;
    }
  }
}
