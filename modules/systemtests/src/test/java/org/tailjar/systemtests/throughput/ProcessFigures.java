package org.tailjar.systemtests.throughput;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the kernel says of a process, in proc(5). */
final class ProcessFigures {

  /** USER_HZ, the same on all of Linux's architectures that we run on. */
  private static final double TICKS_PER_SECOND = 100;

  private ProcessFigures() {}

  /** Time on the processors so far, of the processes and of the kernel for them. */
  static double cpuSeconds(List<Long> processes) {
    return processes.stream()
        .map(process -> read(process, "stat").replaceFirst("(?s).*\\) ", "").split(" "))
        .mapToDouble(
            stat -> (Long.parseLong(stat[11]) + Long.parseLong(stat[12])) / TICKS_PER_SECOND)
        .sum();
  }

  /** The most memory that was resident since the last {@link #forgetPeak}, in MB of 2^20 bytes. */
  static double peakMegabytes(long process) {
    return read(process, "status")
        .lines()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToDouble(line -> Double.parseDouble(line.split("\\s+")[1]) / 1024)
        .findFirst()
        .orElseThrow();
  }

  /** Starts the peak afresh. */
  static void forgetPeak(long process) {
    try {
      Files.writeString(file(process, "clear_refs"), "5");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(long process, String name) {
    try {
      return Files.readString(file(process, name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path file(long process, String name) {
    return Path.of("/proc", Long.toString(process), name);
  }
}
