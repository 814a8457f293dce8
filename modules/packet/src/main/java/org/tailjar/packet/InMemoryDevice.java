package org.tailjar.packet;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
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
  private final BlockingQueue<Injected> toRead;
  private final BlockingQueue<byte[]> written;

  /** Has a permit after a change that the reader may wait for; more would say no more. */
  private final Semaphore changed = new Semaphore(0);

  private final LongAdder writes = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private volatile boolean closed;

  // Of whoever writes, one after the other.
  private final SuperPacket scratch = new SuperPacket(Arena.ofAuto());
  private final Segmenter segmenter = new Segmenter();

  /** A device with room for 4096 packets in each direction. */
  public InMemoryDevice(String name, int mtu) {
    this(name, mtu, 4096);
  }

  /** A device with room for this many packets in each direction. */
  public InMemoryDevice(String name, int mtu, int capacity) {
    this.name = name;
    this.mtu = mtu;
    toRead = new LinkedBlockingQueue<>(capacity);
    written = new LinkedBlockingQueue<>(capacity);
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
    Injected injected =
        new Injected(packet.clone(), offload, segmentSize, checksumStart, checksumOffset);
    if (closed || !toRead.offer(injected)) {
      dropped.increment();
      return;
    }
    wake();
  }

  /**
   * The next packet that was written.
   *
   * @return null when none came within that time
   * @throws InterruptedException when the waiting thread was interrupted
   */
  public byte @Nullable [] take(Duration timeout) throws InterruptedException {
    return written.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** This device, which any thread may write to. */
  @Override
  public PacketWriter writer() {
    return this;
  }

  /** Number of calls of {@link #write}; fewer than packets when they were merged. */
  public long writes() {
    return writes.sum();
  }

  /** Packets that were dropped for want of room. */
  public long dropped() {
    return dropped.sum();
  }

  @Override
  public boolean read(SuperPacket into) throws IOException {
    checkOpen();
    Injected next = toRead.poll();
    if (next == null) {
      return false;
    }
    MemorySegment.copy(
        next.bytes, 0, into.memory(), ValueLayout.JAVA_BYTE, into.start(), next.bytes.length);
    into.set(
        next.bytes.length, next.offload, next.segmentSize, next.checksumStart, next.checksumOffset);
    return true;
  }

  @Override
  public void awaitReadable(long timeoutNanos) throws IOException {
    if (toRead.isEmpty() && !closed) {
      try {
        changed.tryAcquire(timeoutNanos < 0 ? Long.MAX_VALUE : timeoutNanos, TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    checkOpen();
  }

  @Override
  public void wake() {
    if (changed.availablePermits() == 0) {
      changed.release();
    }
  }

  @Override
  public synchronized void write(GatherPacket packet) throws IOException {
    checkOpen();
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
  }

  @Override
  public synchronized void writeBack(SuperPacket packet) throws IOException {
    checkOpen();
    addWritten(packet);
  }

  /** Splits it, and completes its checksums. */
  private void addWritten(SuperPacket packet) {
    writes.increment();
    segmenter.start(packet);
    while (segmenter.next()) {
      byte[] bytes = new byte[segmenter.length()];
      MemorySegment.copy(
          packet.memory(), ValueLayout.JAVA_BYTE, segmenter.offset(), bytes, 0, bytes.length);
      if (!written.offer(bytes)) {
        dropped.increment();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    wake();
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("the device " + name + " is closed");
    }
  }
}
