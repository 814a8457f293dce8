package org.tailjar.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.TearDown;
import org.tailjar.packet.Checksum;

/** The Internet checksum over one packet. */
public class ChecksumBenchmark extends SteadyState {

  /** Bytes summed. */
  @Param({"64", "1280", "8192"})
  private int length = 1280;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory = arena.allocate(8192, 64).fill((byte) 0x5a);

  /** Frees the packet. */
  @TearDown
  public void free() {
    arena.close();
  }

  /** The sum that TCP and UDP use. */
  @Benchmark
  public int sum() {
    return Checksum.partial(memory, 0, length);
  }
}
