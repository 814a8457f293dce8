package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BatchSchedulingTests {

  /** Number of the field in /proc/PID/stat (proc(5)), and of the first one behind the name. */
  private static final int POLICY = 41;

  private static final int STATE = 3;

  @Test
  void theCallingThreadAloneIsScheduledForBatches() throws InterruptedException {
    String[] policies = new String[2];
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  policies[0] = policy();
                  assertThat(BatchScheduling.enter()).isTrue();
                  policies[1] = policy();
                });
    thread.join();

    assertThat(policies).containsExactly("0", "3");
    assertThat(policy()).isEqualTo("0");
  }

  private static String policy() {
    try {
      String stat = Files.readString(Path.of("/proc/thread-self/stat"));
      return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[POLICY - STATE];
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
