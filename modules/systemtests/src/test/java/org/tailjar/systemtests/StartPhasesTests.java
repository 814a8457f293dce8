package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class StartPhasesTests {

  @Test
  void mediansAreOfHowLongAPhaseTookAndOfWhenItEnded() {
    StartPhases phases = new StartPhases();
    phases.add("start: JVM 60 ms, first packet 40 ms, server 100 ms: 200 ms in all");
    phases.add("start: JVM 80 ms, server 10 ms, first packet 30 ms: 120 ms in all");
    phases.add("start: JVM 70 ms, first packet 20 ms, server 100 ms: 190 ms in all");

    assertThat(phases.names()).containsExactly("JVM", "first packet", "server");
    assertThat(phases.medians("JVM")).contains("70, at 70");
    assertThat(phases.medians("first packet")).contains("30, at 100");
    assertThat(phases.medians("server")).contains("100, at 190");
    assertThat(phases.medians("dinner")).isEmpty();
  }

  @Test
  void linesOfStartsAreFoundAmongOthers() {
    String log =
        """
        2026-01-01T00:00:00.000Z INFO tailjar started
        2026-01-01T00:00:01.000Z DEBUG start: JVM 60 ms, state and interface 8 ms: 68 ms in all
        """;
    assertThat(StartPhases.lines(log)).singleElement().asString().contains("JVM 60 ms");
    assertThatThrownBy(() -> new StartPhases().add("tailjar started"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
