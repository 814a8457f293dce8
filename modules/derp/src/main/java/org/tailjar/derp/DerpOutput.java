package org.tailjar.derp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Bytes on their way to one relay: a bounded ring of frames, which are taken as fast as the {@link
 * SendWindow} allows. Of a batch for which it has no room those frames are left out that do not
 * fit: the oldest would be what TCP sends again first, and short ones, such as a ping beside a full
 * flow, mostly fit. Only when nothing moves any more do new ones take the place of the oldest, and
 * so do single packets, which are handshakes and DISCO. Control frames wait apart, go first and are
 * never dropped. Thread-safe.
 */
final class DerpOutput {

  /**
   * Most bytes that wait: four batches, 10 ms at 0.2 Gbit/s. Twice as many were no faster and only
   * made other packets wait.
   */
  static final int MAX_QUEUED_BYTES = 256 << 10;

  /** Most bytes that are added at once: a whole batch. */
  static final int MAX_ADDED_BYTES = 128 << 10;

  /** Room for the longest frame, a ping and some control frames. */
  static final int TAKEN_BYTES = 80 << 10;

  /** When nothing was taken for so long, what waits is worth less than what comes. */
  private static final long STUCK_NANOS = 1_000_000_000;

  private static final int FIRST_CAPACITY = 64 << 10;
  private static final int PING_FRAME_LENGTH = DerpFrames.HEADER_LENGTH + DerpFrames.PING_LENGTH;
  private static final int LONGEST_FRAME =
      DerpFrames.PACKET_HEADER_LENGTH + DerpFrames.MAX_PACKET_LENGTH;
  private static final ValueLayout.OfInt LENGTH =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final LongSupplier clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> control = new ArrayDeque<>();
  private final byte[] header = new byte[DerpFrames.PACKET_HEADER_LENGTH];
  private final MemorySegment headerMemory = MemorySegment.ofArray(header);
  private SendWindow window = new SendWindow();
  private byte[] ring = new byte[0];
  private MemorySegment ringMemory = MemorySegment.ofArray(ring);
  private int head;
  private int queued;
  private long movedAt;
  private long dropped;

  /**
   * An empty queue.
   *
   * @param clock nanoseconds
   */
  DerpOutput(LongSupplier clock) {
    this.clock = clock;
  }

  /** Queues whole frames that lie back to back, copying them at once. */
  void frames(MemorySegment from, long offset, int length) {
    lock.lock();
    try {
      if (queued + length <= MAX_QUEUED_BYTES || clock.getAsLong() - movedAt > STUCK_NANOS) {
        makeRoom(length);
        append(from, offset, length);
      } else {
        appendFitting(from, offset, length);
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Queues one packet with its header. */
  void packet(MemorySegment destination, MemorySegment from, long offset, int length) {
    if (length > DerpFrames.MAX_PACKET_LENGTH) {
      throw new IllegalArgumentException("no relay takes a packet of " + length + " bytes");
    }
    lock.lock();
    try {
      makeRoom(header.length + length);
      DerpFrames.putSendHeader(headerMemory, 0, destination, length);
      append(headerMemory, 0, header.length);
      append(from, offset, length);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Queues a frame that goes ahead of all packets. */
  void control(byte[] frame) {
    lock.lock();
    try {
      control.add(frame);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** The server has answered a ping with these eight bytes. */
  void pong(byte[] bytes, int offset) {
    lock.lock();
    try {
      window.pong((long) LONG.get(bytes, offset), clock.getAsLong());
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Asks how far away the server is, on a new connection or a new network. */
  void measure() {
    lock.lock();
    try {
      window.forgetRoundTrip();
      byte[] ping = new byte[PING_FRAME_LENGTH];
      putPing(ping, 0);
      control.add(ping);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until something can be written or {@code over} is true, then takes what may be written at
   * once: whole frames, back to back.
   *
   * @param into at least {@link #TAKEN_BYTES} long
   * @return how many bytes were taken
   */
  int take(byte[] into, BooleanSupplier over) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long patience = 0;
      while (true) {
        int length = takeControl(into);
        length = takePackets(into, length);
        if (length > 0 || over.getAsBoolean()) {
          return length;
        }
        if (queued == 0) {
          changed.await();
          patience = 0;
        } else {
          patience = changed.awaitNanos(patience > 0 ? patience : window.patience());
          if (patience <= 0 && window.allowed() <= 0) {
            window.stalled();
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Makes a waiting {@link #take} look at its {@code over} again. */
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Forgets what is queued, and the server: what waits would arrive too late to be of use. */
  void clear() {
    lock.lock();
    try {
      control.clear();
      window = new SendWindow();
      ring = new byte[0];
      ringMemory = MemorySegment.ofArray(ring);
      head = 0;
      queued = 0;
    } finally {
      lock.unlock();
    }
  }

  /** How many packets were dropped because the queue was full. */
  long dropped() {
    lock.lock();
    try {
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  private int takeControl(byte[] into) {
    int length = 0;
    for (byte[] next = control.peek();
        next != null && length + next.length <= TAKEN_BYTES - LONGEST_FRAME - PING_FRAME_LENGTH;
        next = control.peek()) {
      System.arraycopy(next, 0, into, length, next.length);
      length += next.length;
      control.remove();
    }
    return length;
  }

  private int takePackets(byte[] into, int start) {
    int end = start;
    int frames = 0;
    for (int allowed = window.allowed(); frames < allowed && queued > 0; frames++) {
      int frame = headLength();
      if (end + frame + PING_FRAME_LENGTH > TAKEN_BYTES) {
        break;
      }
      int first = Math.min(frame, ring.length - head);
      System.arraycopy(ring, head, into, end, first);
      System.arraycopy(ring, 0, into, end + first, frame - first);
      remove(frame);
      end += frame;
    }
    if (frames > 0) {
      movedAt = clock.getAsLong();
      window.sent(frames);
      if (window.wantsPing()) {
        putPing(into, end);
        end += PING_FRAME_LENGTH;
      }
    }
    return end;
  }

  private void putPing(byte[] into, int offset) {
    into[offset] = DerpFrames.PING;
    INT.set(into, offset + 1, DerpFrames.PING_LENGTH);
    LONG.set(into, offset + DerpFrames.HEADER_LENGTH, window.ping(clock.getAsLong()));
  }

  private void makeRoom(int length) {
    if (length > MAX_ADDED_BYTES) {
      throw new IllegalArgumentException(length + " bytes at once are too many for a relay");
    }
    while (queued + length > MAX_QUEUED_BYTES) {
      remove(headLength());
      dropped++;
    }
    if (queued + length > ring.length) {
      grow(queued + length);
    }
  }

  /** Adds those of some frames for which there is room. */
  private void appendFitting(MemorySegment from, long offset, int length) {
    long end = offset + length;
    for (long at = offset; at < end; ) {
      int frame = DerpFrames.HEADER_LENGTH + from.get(LENGTH, at + 1);
      if (queued + frame > MAX_QUEUED_BYTES) {
        dropped++;
      } else {
        makeRoom(frame);
        append(from, at, frame);
      }
      at += frame;
    }
  }

  private void grow(int needed) {
    int capacity = Math.max(FIRST_CAPACITY, ring.length);
    while (capacity < needed) {
      capacity *= 2;
    }
    byte[] larger = new byte[capacity];
    int first = Math.min(queued, ring.length - head);
    System.arraycopy(ring, head, larger, 0, first);
    System.arraycopy(ring, 0, larger, first, queued - first);
    ring = larger;
    ringMemory = MemorySegment.ofArray(larger);
    head = 0;
  }

  private void append(MemorySegment from, long offset, int length) {
    if (queued == 0) {
      movedAt = clock.getAsLong();
    }
    int tail = (head + queued) & (ring.length - 1);
    int first = Math.min(length, ring.length - tail);
    MemorySegment.copy(from, offset, ringMemory, tail, first);
    MemorySegment.copy(from, offset + first, ringMemory, 0, length - first);
    queued += length;
  }

  private void remove(int length) {
    head = (head + length) & (ring.length - 1);
    queued -= length;
  }

  /** Length of the oldest frame with its header. */
  private int headLength() {
    int length = 0;
    for (int i = 1; i < DerpFrames.HEADER_LENGTH; i++) {
      length = length << 8 | ring[(head + i) & (ring.length - 1)] & 0xff;
    }
    return DerpFrames.HEADER_LENGTH + length;
  }
}
