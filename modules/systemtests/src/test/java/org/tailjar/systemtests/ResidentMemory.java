package org.tailjar.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What of a process is in memory, in MB of 2^20 bytes, as proc_pid_status(5) has it.
 *
 * @param all VmRSS: pages of files among it, which processes of the same program share
 * @param anonymous RssAnon: what belongs to the process alone
 */
record ResidentMemory(double all, double anonymous) {

  static final ResidentMemory NONE = new ResidentMemory(0, 0);

  private static final long LOOK_MILLIS = 50;

  static ResidentMemory of(long process) {
    try {
      return parse(Files.readAllLines(Path.of("/proc", Long.toString(process), "status")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads the lines of a status file. */
  static ResidentMemory parse(List<String> status) {
    return new ResidentMemory(megabytes(status, "VmRSS:"), megabytes(status, "RssAnon:"));
  }

  private static double megabytes(List<String> status, String field) {
    return status.stream()
        .filter(line -> line.startsWith(field))
        .mapToDouble(line -> Double.parseDouble(line.split("\\s+")[1]) / 1024)
        .findFirst()
        .orElse(0);
  }

  ResidentMemory plus(ResidentMemory other) {
    return new ResidentMemory(all + other.all, anonymous + other.anonymous);
  }

  /** The greater of both, each figure by itself. */
  ResidentMemory or(ResidentMemory other) {
    return new ResidentMemory(Math.max(all, other.all), Math.max(anonymous, other.anonymous));
  }

  /** The most that any of the processes has now. */
  static ResidentMemory most(List<Long> processes) {
    return processes.stream().map(ResidentMemory::of).reduce(NONE, ResidentMemory::or);
  }

  /** The most that any of the processes has while something is done. */
  static ResidentMemory mostDuring(List<Long> processes, Runnable action) {
    CountDownLatch over = new CountDownLatch(1);
    CompletableFuture<ResidentMemory> watch =
        CompletableFuture.supplyAsync(() -> watch(processes, over), Thread::startVirtualThread);
    try {
      action.run();
    } finally {
      over.countDown();
    }
    return watch.join();
  }

  private static ResidentMemory watch(List<Long> processes, CountDownLatch over) {
    ResidentMemory most = NONE;
    try {
      do {
        most = most.or(most(processes));
      } while (!over.await(LOOK_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return most;
  }
}
