package org.tailjar.systemtests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A control group with a limit on memory, of either version, as a container has it. */
final class MemoryGroup implements AutoCloseable {

  private static final AtomicInteger SERIAL = new AtomicInteger();

  private final boolean unified;
  private final Path directory;

  private MemoryGroup(boolean unified, Path directory) {
    this.unified = unified;
    this.directory = directory;
  }

  /** Makes one, or skips the test, saying why. */
  static MemoryGroup ofMegabytes(int megabytes) {
    boolean unified = Files.exists(Path.of("/sys/fs/cgroup/cgroup.controllers"));
    Path directory =
        Path.of(unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory")
            .resolve(
                "tailjar-test-" + ProcessHandle.current().pid() + "-" + SERIAL.incrementAndGet());
    try {
      Files.createDirectory(directory);
      MemoryGroup group = new MemoryGroup(unified, directory);
      Files.writeString(
          directory.resolve(unified ? "memory.max" : "memory.limit_in_bytes"),
          Long.toString((long) megabytes << 20));
      return group;
    } catch (IOException e) {
      assumeTrue(false, "needs control groups for memory that it may make: " + e.getMessage());
      throw new UncheckedIOException(e);
    }
  }

  /** A command line that runs in this group from its first instruction on. */
  List<String> inside(List<String> command) {
    List<String> line =
        new ArrayList<>(
            List.of("sh", "-c", "echo $$ > '" + directory + "/cgroup.procs' && exec \"$@\"", "sh"));
    line.addAll(command);
    return line;
  }

  /** How many processes the kernel has killed for want of memory. */
  long kills() {
    Matcher matcher =
        Pattern.compile("oom_kill (\\d+)")
            .matcher(read(unified ? "memory.events" : "memory.oom_control"));
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }

  /** The most that was used at once, page cache included; 0 where the kernel does not say. */
  long peakMegabytes() {
    Path file = directory.resolve(unified ? "memory.peak" : "memory.max_usage_in_bytes");
    return Files.exists(file)
        ? Long.parseLong(read(file.getFileName().toString()).strip()) >> 20
        : 0;
  }

  /** What the processes themselves hold, without page cache. */
  long anonymousMegabytes() {
    Matcher matcher = Pattern.compile("(?m)^(?:anon|rss) (\\d+)$").matcher(read("memory.stat"));
    return matcher.find() ? Long.parseLong(matcher.group(1)) >> 20 : 0;
  }

  private String read(String name) {
    try {
      return Files.readString(directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
