package org.tailjar.packet;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A packet device without a kernel, for tests, benchmarks and programs that handle packets
 * themselves: what is {@linkplain #inject injected} is read, what is written can be {@linkplain
 * #take taken}. Super-packets that are written come out split. Both directions are bounded; a
 * packet too many is dropped and counted.
 */
public final class InMemoryDevice implements PacketDevice {

  private record Injected(
      byte[] bytes,
      SuperPacket.Offload offload,
      int segmentSize,
      int checksumStart,
      int checksumOffset) {}

  private final String name;
  private final int mtu;
  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition readable = lock.newCondition();
  private final Condition takeable = lock.newCondition();
  private final Queue<Injected> toRead = new ArrayDeque<>();
  private final Queue<byte[]> written = new ArrayDeque<>();
  private final SuperPacket scratch = new SuperPacket(Arena.ofAuto());
  private final Segmenter segmenter = new Segmenter();
  private boolean woken;
  private boolean closed;
  private long writes;
  private long dropped;

  /** A device with room for 4096 packets in each direction. */
  public InMemoryDevice(String name, int mtu) {
    this(name, mtu, 4096);
  }

  /** A device with room for this many packets in each direction. */
  public InMemoryDevice(String name, int mtu, int capacity) {
    this.name = name;
    this.mtu = mtu;
    this.capacity = capacity;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int mtu() {
    return mtu;
  }

  @Override
  public boolean mergesUdp() {
    return true;
  }

  /** Offers a complete IP packet to the reader. */
  public void inject(byte[] packet) {
    inject(packet, SuperPacket.Offload.NONE, 0, 0, 0);
  }

  /** Offers a packet to the reader that is not complete yet, see {@link SuperPacket}. */
  public void inject(
      byte[] packet,
      SuperPacket.Offload offload,
      int segmentSize,
      int checksumStart,
      int checksumOffset) {
    lock.lock();
    try {
      if (closed || toRead.size() == capacity) {
        dropped++;
        return;
      }
      toRead.add(new Injected(packet.clone(), offload, segmentSize, checksumStart, checksumOffset));
      readable.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next packet that was written.
   *
   * @return null when none came within that time
   * @throws InterruptedException when the waiting thread was interrupted
   */
  public byte @Nullable [] take(Duration timeout) throws InterruptedException {
    lock.lock();
    try {
      long left = timeout.toNanos();
      while (written.isEmpty() && left > 0) {
        left = takeable.awaitNanos(left);
      }
      return written.poll();
    } finally {
      lock.unlock();
    }
  }

  /** This device, which any thread may write to. */
  @Override
  public PacketWriter writer() {
    return this;
  }

  /** Number of calls of {@link #write}; fewer than packets when they were merged. */
  public long writes() {
    lock.lock();
    try {
      return writes;
    } finally {
      lock.unlock();
    }
  }

  /** Packets that were dropped for want of room. */
  public long dropped() {
    lock.lock();
    try {
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean read(SuperPacket into) throws IOException {
    lock.lock();
    try {
      checkOpen();
      Injected next = toRead.poll();
      if (next == null) {
        return false;
      }
      MemorySegment.copy(
          next.bytes, 0, into.memory(), ValueLayout.JAVA_BYTE, into.start(), next.bytes.length);
      into.set(
          next.bytes.length,
          next.offload,
          next.segmentSize,
          next.checksumStart,
          next.checksumOffset);
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void awaitReadable(long timeoutNanos) throws IOException {
    lock.lock();
    try {
      long left = timeoutNanos;
      while (toRead.isEmpty() && !woken && !closed && (timeoutNanos < 0 || left > 0)) {
        if (timeoutNanos < 0) {
          readable.await(1, TimeUnit.DAYS);
        } else {
          left = readable.awaitNanos(left);
        }
      }
      woken = false;
      checkOpen();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void wake() {
    lock.lock();
    try {
      woken = true;
      readable.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void write(GatherPacket packet) throws IOException {
    lock.lock();
    try {
      checkOpen();
      writes++;
      int total = 0;
      for (int i = 0; i < packet.pieces(); i++) {
        MemorySegment.copy(
            packet.memory(),
            packet.offset(i),
            scratch.memory(),
            scratch.start() + total,
            packet.length(i));
        total += packet.length(i);
      }
      scratch.set(
          total,
          packet.offload(),
          packet.segmentSize(),
          packet.checksumStart(),
          packet.checksumOffset());
      addWritten(scratch);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void writeBack(SuperPacket packet) throws IOException {
    lock.lock();
    try {
      checkOpen();
      writes++;
      addWritten(packet);
    } finally {
      lock.unlock();
    }
  }

  /** Splits it, and completes its checksums. */
  private void addWritten(SuperPacket packet) {
    segmenter.start(packet);
    while (segmenter.next()) {
      if (written.size() == capacity) {
        dropped++;
        continue;
      }
      byte[] bytes = new byte[segmenter.length()];
      MemorySegment.copy(
          packet.memory(), ValueLayout.JAVA_BYTE, segmenter.offset(), bytes, 0, bytes.length);
      written.add(bytes);
    }
    takeable.signalAll();
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      readable.signalAll();
      takeable.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("the device " + name + " is closed");
    }
  }
}
