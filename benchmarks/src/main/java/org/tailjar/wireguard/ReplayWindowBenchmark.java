package org.tailjar.wireguard;

import org.openjdk.jmh.annotations.Benchmark;
import org.tailjar.benchmarks.SteadyState;

/** The replay window for one packet. */
public class ReplayWindowBenchmark extends SteadyState {

  private final ReplayWindow window = new ReplayWindow();
  private long counter = 16;

  /** Packets in order. */
  @Benchmark
  public boolean inOrder() {
    boolean fresh = window.accepts(counter);
    window.mark(counter++);
    return fresh;
  }

  /** Packets in pairs that have changed places. */
  @Benchmark
  public boolean swapped() {
    long swapped = counter++ ^ 1;
    boolean fresh = window.accepts(swapped);
    window.mark(swapped);
    return fresh;
  }
}
