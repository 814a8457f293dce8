package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InterfaceWatchTests {

  @Test
  void itLooksAgainAndAgainUntilItIsToldToEnd() throws InterruptedException {
    AtomicInteger looks = new AtomicInteger();
    Thread watch = InterfaceWatch.start(() -> looks.incrementAndGet() < 3, Duration.ofMillis(1));

    assertThat(watch.join(Duration.ofSeconds(60))).isTrue();
    assertThat(looks).hasValue(3);
  }
}
