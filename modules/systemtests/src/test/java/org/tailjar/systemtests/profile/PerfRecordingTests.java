package org.tailjar.systemtests.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** How lines of {@code perf script} are read. */
class PerfRecordingTests {

  private static final List<String> SCRIPT =
      List.of(
          "      tailjar-tx  4711/4731  ffffffff81a2b3c4 _copy_from_iter ([kernel.kallsyms])",
          "      tailjar-tx  4711/4731      7f3a5c0d1e2f StubRoutines (compilerstubs)"
              + " (/tmp/perf-4711.map)",
          "     GC Thread#0  4711/4733      7f3a5c0d1e2f void"
              + " org.tailjar.crypto.IntrinsicAead$Context.seal(org.tailjar.crypto.AeadKey, long)"
              + " (/tmp/perf-4711.map)",
          "      tailjar-tx  4711/4731      7f3a00001234 [unknown]"
              + " (/root/.cache/JNA/temp/jna612.tmp (deleted))",
          "      tailjar-tx  4711/4731      7f3a00001234 __GI___libc_read"
              + " (/usr/lib/x86_64-linux-gnu/libc.so.6)",
          "      tailjar-tx  4712/4732      7f3a00001234 __GI___libc_read"
              + " (/usr/lib/x86_64-linux-gnu/libc.so.6)");

  @Test
  void samplesOfAProcessAreToldApartByWhoseCodeRan() {
    assertThat(PerfRecording.symbols(SCRIPT, 4711).table("kind", "symbol", 9).lines())
        .contains(
            "| **kernel** |  | 1 | 20.0 % |",
            "|  | `_copy_from_iter` | 1 | 20.0 % |",
            "| **JVM stubs** |  | 1 | 20.0 % |",
            "|  | `StubRoutines (compilerstubs)` | 1 | 20.0 % |",
            "| **compiled Java** |  | 1 | 20.0 % |",
            "|  | `IntrinsicAead$Context.seal` | 1 | 20.0 % |",
            "| **libjnidispatch.so** |  | 1 | 20.0 % |",
            "| **libc.so.6** |  | 1 | 20.0 % |");
  }
}
