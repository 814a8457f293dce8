package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacketThreadsTests {

  @ParameterizedTest(name = "{0} processors")
  @CsvSource({"1, 1", "2, 1", "3, 1", "4, 2", "5, 2", "6, 3", "8, 4", "64, 4"})
  void halfOfTheProcessorsSend(int processors, int queues) {
    assertThat(PacketThreads.eachWay(processors)).isEqualTo(queues);
  }
}
