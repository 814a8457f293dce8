package org.tailjar.crypto;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** What the processor can do, as far as the choice of a cipher depends on it. */
final class Processor {

  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private static final Set<String> FEATURES = read(CPU_INFO);

  private Processor() {}

  /**
   * AVX-512 with byte masks and IFMA: our machine code runs; the JVM's ChaCha20 makes 16 blocks at
   * once, and its Poly1305 is fast.
   */
  static boolean hasAvx512Ifma() {
    return FEATURES.containsAll(Set.of("avx512f", "avx512bw", "avx512ifma"));
  }

  /** The features of the first processor; none on architectures with another form of the file. */
  static Set<String> read(Path cpuInfo) {
    try (var lines = Files.lines(cpuInfo)) {
      return Set.copyOf(
          lines
              .filter(line -> line.startsWith("flags"))
              .findFirst()
              .map(line -> List.of(line.substring(line.indexOf(':') + 1).strip().split("\\s+")))
              .orElse(List.of()));
    } catch (IOException unreadable) {
      return Set.of();
    }
  }
}
