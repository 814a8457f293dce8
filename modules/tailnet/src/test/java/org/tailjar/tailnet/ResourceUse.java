package org.tailjar.tailnet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What this process holds.
 *
 * @param heapBytes what the garbage collector leaves
 * @param offHeapBytes resident memory but for the heap, all of which the tests have resident
 */
record ResourceUse(long descriptors, long threads, long heapBytes, long offHeapBytes) {

  private static final long MEGABYTE = 1 << 20;

  /** More than a JVM needs to have all that it compiles, loads and pools. */
  private static final int ROUNDS = 6;

  /** What is done again and again. */
  @FunctionalInterface
  interface Round {
    void run() throws Exception;
  }

  static ResourceUse now() throws IOException {
    long heap = Long.MAX_VALUE;
    // Cleaners give memory and descriptors back after the collection that found them.
    for (int i = 0; i < 4; i++) {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      heap = Math.min(heap, runtime.totalMemory() - runtime.freeMemory());
    }
    long resident =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
            .sum();
    return new ResourceUse(
        entries("/proc/self/fd"),
        entries("/proc/self/task"),
        heap,
        Math.max(0, resident - Runtime.getRuntime().totalMemory()));
  }

  private static long entries(String directory) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(directory))) {
      return files.count();
    }
  }

  /**
   * Asserts that a round leaves nothing behind. What a JVM and its malloc take for themselves is
   * taken now and then, and more of it on a busy machine, where compilers and carriers come late;
   * what leaks is lost in every round. So it is enough that one round leaves nothing.
   */
  static void assertLeavesNothing(String what, Round round) throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      ResourceUse before = now();
      round.run();
      if (settled(before, what).isNoMoreThan(before)) {
        return;
      }
    }
    throw new AssertionError("each of %d times %s left something".formatted(ROUNDS, what));
  }

  /** What there is once other threads have let go of what they are about to let go of. */
  private static ResourceUse settled(ResourceUse before, String afterWhat)
      throws IOException, InterruptedException {
    ResourceUse after = now();
    for (int i = 0; i < 20 && !after.isNoMoreThan(before); i++) {
      Thread.sleep(250);
      after = now();
    }
    System.out.printf(
        Locale.ROOT,
        "%s: descriptors %d -> %d, threads %d -> %d, heap %.1f -> %.1f MB, off-heap %d -> %d MB%n",
        afterWhat,
        before.descriptors,
        after.descriptors,
        before.threads,
        after.threads,
        before.heapBytes / 1e6,
        after.heapBytes / 1e6,
        before.offHeapBytes / MEGABYTE,
        after.offHeapBytes / MEGABYTE);
    return after;
  }

  /**
   * Carriers of virtual threads and compilers come and go; beside the heap there is compiled code,
   * and what malloc keeps of what was freed.
   */
  private boolean isNoMoreThan(ResourceUse before) {
    return descriptors <= before.descriptors + 4
        && threads <= before.threads + 12
        && heapBytes < before.heapBytes + 6 * MEGABYTE
        && offHeapBytes < before.offHeapBytes + 32 * MEGABYTE;
  }
}
