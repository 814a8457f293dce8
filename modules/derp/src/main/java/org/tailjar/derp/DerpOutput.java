package org.tailjar.derp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way to one relay: a bounded queue of reused heap buffers, from which the oldest
 * are dropped when it is full (new packets are worth more than old ones). Control frames wait
 * apart, go first and are never dropped. Thread-safe.
 */
final class DerpOutput {

  /** Most bytes of buffers in the queue: some 30 ms at 0.15 Gbit/s. */
  static final int MAX_QUEUED_BYTES = 512 << 10;

  private static final int SMALLEST = 2048;
  private static final int CLASSES = 7;
  private static final int KEPT_PER_CLASS = 8;

  /** One write: whole frames of packets, back to back. */
  static final class Chunk {
    final byte[] bytes;
    private final int sizeClass;
    int length;

    private Chunk(int sizeClass) {
      this.sizeClass = sizeClass;
      bytes = new byte[SMALLEST << sizeClass];
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition added = lock.newCondition();
  private final ArrayDeque<byte[]> control = new ArrayDeque<>();
  private final ArrayDeque<Chunk> queue = new ArrayDeque<>();
  private final List<ArrayDeque<Chunk>> free = new ArrayList<>();
  private int queuedBytes;
  private long droppedChunks;

  DerpOutput() {
    for (int i = 0; i < CLASSES; i++) {
      free.add(new ArrayDeque<>());
    }
  }

  /** Queues frames that lie back to back, copying them at once. */
  void frames(MemorySegment from, long offset, int length) {
    Chunk chunk = acquire(length);
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, chunk.bytes, 0, length);
    chunk.length = length;
    enqueue(chunk);
  }

  /** Queues one packet with its header. */
  void packet(MemorySegment destination, MemorySegment from, long offset, int length) {
    Chunk chunk = acquire(DerpFrames.PACKET_HEADER_LENGTH + length);
    DerpFrames.putSendHeader(MemorySegment.ofArray(chunk.bytes), 0, destination, length);
    MemorySegment.copy(
        from, ValueLayout.JAVA_BYTE, offset, chunk.bytes, DerpFrames.PACKET_HEADER_LENGTH, length);
    chunk.length = DerpFrames.PACKET_HEADER_LENGTH + length;
    enqueue(chunk);
  }

  /** Queues a frame that goes ahead of all packets. */
  void control(byte[] frame) {
    lock.lock();
    try {
      control.add(frame);
      added.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until something is queued or {@code over} is true, then moves what can be written at
   * once.
   *
   * @param chunks emptied, then filled with packets in their order
   * @param maxBytes most bytes of packets, unless the first chunk alone has more
   * @return the control frame to write first, if there is one
   */
  byte @Nullable [] take(List<Chunk> chunks, int maxBytes, BooleanSupplier over)
      throws InterruptedException {
    chunks.clear();
    lock.lockInterruptibly();
    try {
      while (control.isEmpty() && queue.isEmpty() && !over.getAsBoolean()) {
        added.await();
      }
      int bytes = 0;
      for (Chunk next = queue.peek();
          next != null && (bytes == 0 || bytes + next.length <= maxBytes);
          next = queue.peek()) {
        queue.remove();
        queuedBytes -= next.bytes.length;
        bytes += next.length;
        chunks.add(next);
      }
      return control.poll();
    } finally {
      lock.unlock();
    }
  }

  /** Gives buffers back after they were written. */
  void recycle(List<Chunk> chunks) {
    lock.lock();
    try {
      chunks.forEach(this::keep);
    } finally {
      lock.unlock();
    }
    chunks.clear();
  }

  /** Makes a waiting {@link #take} look at its {@code over} again. */
  void wake() {
    lock.lock();
    try {
      added.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Forgets what is queued: it would arrive too late to be of use. */
  void clear() {
    lock.lock();
    try {
      control.clear();
      queue.forEach(this::keep);
      queue.clear();
      queuedBytes = 0;
    } finally {
      lock.unlock();
    }
  }

  /** How many chunks were dropped because the queue was full. */
  long dropped() {
    lock.lock();
    try {
      return droppedChunks;
    } finally {
      lock.unlock();
    }
  }

  private Chunk acquire(int length) {
    int sizeClass = 0;
    while (SMALLEST << sizeClass < length) {
      sizeClass++;
    }
    if (sizeClass >= CLASSES) {
      throw new IllegalArgumentException(length + " bytes at once are too many for a relay");
    }
    lock.lock();
    try {
      Chunk chunk = free.get(sizeClass).poll();
      return chunk != null ? chunk : new Chunk(sizeClass);
    } finally {
      lock.unlock();
    }
  }

  private void enqueue(Chunk chunk) {
    lock.lock();
    try {
      while (queuedBytes + chunk.bytes.length > MAX_QUEUED_BYTES) {
        Chunk oldest = queue.remove();
        queuedBytes -= oldest.bytes.length;
        droppedChunks++;
        keep(oldest);
      }
      queue.add(chunk);
      queuedBytes += chunk.bytes.length;
      added.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void keep(Chunk chunk) {
    ArrayDeque<Chunk> same = free.get(chunk.sizeClass);
    if (same.size() < KEPT_PER_CLASS) {
      same.push(chunk);
    }
  }
}
