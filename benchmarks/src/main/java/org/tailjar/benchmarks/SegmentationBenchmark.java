package org.tailjar.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.tailjar.packet.Coalescer;
import org.tailjar.packet.GatherPacket;
import org.tailjar.packet.PacketDevice;
import org.tailjar.packet.PacketWriter;
import org.tailjar.packet.Segmenter;
import org.tailjar.packet.SuperPacket;

/**
 * Splitting a super-packet into 40 TCP segments, and merging 40 into one; the time is for one
 * segment. The headers that the operation changes are put back each time, which is part of it.
 */
public class SegmentationBenchmark extends SteadyState {

  private static final int SEGMENTS = 40;
  private static final int PAYLOAD = 1_228;
  private static final int LENGTH = Segments.HEADERS + PAYLOAD;

  /** Takes packets and forgets them. */
  private static final class Sink implements PacketDevice {
    long bytes;

    @Override
    public PacketWriter writer() {
      return this;
    }

    @Override
    public String name() {
      return "sink";
    }

    @Override
    public int mtu() {
      return LENGTH;
    }

    @Override
    public boolean read(SuperPacket into) {
      return false;
    }

    @Override
    public void awaitReadable(long timeoutNanos) {}

    @Override
    public void wake() {}

    @Override
    public void write(GatherPacket packet) {
      for (int i = 0; i < packet.pieces(); i++) {
        bytes += packet.length(i);
      }
    }

    @Override
    public void writeBack(SuperPacket packet) {
      bytes += packet.length();
    }

    @Override
    public void close() {}
  }

  private final Arena arena = Arena.ofShared();
  private final SuperPacket superPacket = new SuperPacket(arena);
  private final Segmenter segmenter = new Segmenter();
  private final MemorySegment received = arena.allocate((long) SEGMENTS * LENGTH, 64);
  private final MemorySegment headers = arena.allocate(Segments.HEADERS, 64);
  private final Sink sink = new Sink();
  private final Coalescer coalescer = new Coalescer(sink);

  /** Makes the segments. */
  @Setup
  public void prepare() {
    for (int i = 0; i < SEGMENTS; i++) {
      Segments.write(received, (long) i * LENGTH, PAYLOAD, 1 + i * PAYLOAD);
    }
    MemorySegment.copy(received, 0, headers, 0, Segments.HEADERS);
  }

  /** Frees them. */
  @TearDown
  public void free() {
    arena.close();
  }

  /** Splits. */
  @Benchmark
  @OperationsPerInvocation(SEGMENTS)
  public long split() {
    MemorySegment.copy(headers, 0, superPacket.memory(), superPacket.start(), Segments.HEADERS);
    int length = Segments.HEADERS + SEGMENTS * PAYLOAD;
    superPacket.set(length, SuperPacket.Offload.TCP, PAYLOAD, 20, 16);
    segmenter.start(superPacket);
    long bytes = 0;
    while (segmenter.next()) {
      bytes += segmenter.length();
    }
    if (bytes != (long) SEGMENTS * LENGTH) {
      throw new IllegalStateException("split into " + bytes + " bytes");
    }
    return bytes;
  }

  /** Merges. */
  @Benchmark
  @OperationsPerInvocation(SEGMENTS)
  public long merge() throws IOException {
    MemorySegment.copy(headers, 0, received, 0, Segments.HEADERS);
    sink.bytes = 0;
    for (int i = 0; i < SEGMENTS; i++) {
      coalescer.add(received, (long) i * LENGTH, LENGTH);
    }
    coalescer.flush();
    if (sink.bytes != Segments.HEADERS + SEGMENTS * PAYLOAD) {
      throw new IllegalStateException("merged into " + sink.bytes + " bytes");
    }
    return sink.bytes;
  }
}
