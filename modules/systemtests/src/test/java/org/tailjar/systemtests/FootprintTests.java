package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the benchmark runs, and reports what it is to report. */
class FootprintTests {

  @TempDir private Path output;

  @Test
  void startsTheirPhasesAndTheMemoryOfEachSettingAreReported() throws IOException {
    Lab.needWithLab("headscale", "tailscaled", "tailscale", "iperf3");
    String build = LinkedRuntime.home().toAbsolutePath().toString();

    int status =
        Footprint.execute(
            "--rounds",
            "1",
            "--rest",
            "1",
            "--seconds",
            "1",
            "--dist",
            "one=" + build,
            "--dist",
            "other=" + build + ",-XX:-UseSerialGC,-XX:+UseParallelGC",
            "--output",
            output.toString());

    assertThat(status).isZero();
    String report = Files.readString(output.resolve("footprint.md"));
    assertThat(report)
        .containsPattern("\\| resident memory at rest, MB \\| \\d\\d+ \\| \\d\\d+ \\|");
    for (String phase :
        new String[] {
          "JVM", "configuration", "state and interface", "server", "network map", "first packet"
        }) {
      assertThat(report).containsPattern("\\| " + phase + " \\|( \\d+, at \\d+ \\|){3}");
    }
    String figures = "( \\d\\d+ \\|){4}( \\d+\\.\\d\\d \\|){2}";
    assertThat(report)
        .containsPattern("\\| one [^|]+\\|  \\|" + figures)
        .containsPattern("\\| other [^|]+\\| -XX:-UseSerialGC -XX:\\+UseParallelGC \\|" + figures)
        .containsPattern("\\| tailscaled [^|]+\\|  \\|" + figures);
    assertThat(Path.of(build).resolveSibling("footprint-" + ProcessHandle.current().pid()))
        .doesNotExist();
  }
}
