package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResidentMemoryTests {

  @Test
  void isReadFromTheStatusOfAProcess() {
    assertThat(
            ResidentMemory.parse(
                List.of("Name:\tjava", "VmRSS:\t   81920 kB", "RssAnon:\t   40960 kB")))
        .isEqualTo(new ResidentMemory(80, 40));
    // A kernel thread, or a process that has just ended.
    assertThat(ResidentMemory.parse(List.of("Name:\tkworker"))).isEqualTo(ResidentMemory.NONE);
  }

  @Test
  void theMostIsOfEachFigureByItself() {
    assertThat(new ResidentMemory(80, 10).or(new ResidentMemory(70, 40)))
        .isEqualTo(new ResidentMemory(80, 40));
  }

  @Test
  void whatIsTakenMeanwhileCounts() {
    long own = ProcessHandle.current().pid();
    ResidentMemory before = ResidentMemory.of(own);
    ResidentMemory most = ResidentMemory.mostDuring(List.of(own), () -> {});
    assertThat(before.anonymous()).isPositive().isLessThan(before.all());
    assertThat(most.all()).isPositive();
  }
}
