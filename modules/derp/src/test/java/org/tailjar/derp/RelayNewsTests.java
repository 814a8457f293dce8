package org.tailjar.derp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RelayNewsTests {
  private long now;
  private final RelayNews news = new RelayNews(() -> now);
  private final List<String> lines = new ArrayList<>();

  @Test
  void aLossAndItsEndAreALineEach() {
    connected();
    after(Duration.ofHours(1));
    lost("reset by peer");
    after(Duration.ofSeconds(7));
    connected();
    assertThat(lines).containsExactly("connected", "reset by peer", "connected after 7 s");
  }

  @Test
  void anHourWithoutTheRelayIsOneLine() {
    connected();
    for (int second = 0; second < 3600; second += 5) {
      lost(second % 2 == 0 ? "connection refused" : "timed out");
      after(Duration.ofSeconds(5));
    }
    connected();
    assertThat(lines).containsExactly("connected", "connection refused", "connected after 3600 s");
  }

  @Test
  void anHourOfAFlappingRelayIsAHandfulOfLines() {
    for (int second = 0; second < 3600; second += 10) {
      connected();
      after(Duration.ofSeconds(9));
      lost("closed");
      after(Duration.ofSeconds(1));
    }
    assertThat(lines)
        .hasSizeLessThanOrEqualTo(14)
        .contains("closed (60 times since this was last said)");
  }

  @Test
  void aRelayThatIsWantedNowAndThenIsALineOnce() {
    for (int minute = 0; minute < 60; minute += 2) {
      connected();
      after(Duration.ofMinutes(1));
      news.released();
      after(Duration.ofMinutes(1));
    }
    assertThat(lines).containsExactly("connected");
  }

  @Test
  void aRelayThatWasNeverReachedIsALineOnce() {
    for (int i = 0; i < 100; i++) {
      lost("connection refused");
      after(Duration.ofMinutes(1));
    }
    assertThat(lines).containsExactly("connection refused");
  }

  @Test
  void aLossSoonAfterAnotherIsToldOnceItHasLasted() {
    connected();
    lost("closed");
    connected();
    lost("closed");
    for (int minute = 0; minute < 20; minute++) {
      lost("connection refused");
      after(Duration.ofMinutes(1));
    }
    assertThat(lines)
        .containsExactly("connected", "closed", "connected after 0 s", "connection refused");
  }

  private void connected() {
    news.connected().ifPresent(lines::add);
  }

  private void lost(String reason) {
    news.lost(reason).ifPresent(lines::add);
  }

  private void after(Duration time) {
    now += time.toNanos();
  }
}
