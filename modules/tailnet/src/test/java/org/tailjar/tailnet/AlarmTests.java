package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class AlarmTests {

  private static final Duration LONG = Duration.ofDays(2);

  private volatile Instant now = Instant.parse("2026-11-23T19:22:00Z");
  private final Semaphore rings = new Semaphore(0);
  private final Alarm alarm = new Alarm(() -> now, Duration.ofMillis(5), rings::release);

  @AfterEach
  void close() {
    alarm.close();
  }

  private boolean rings(int millis) throws InterruptedException {
    return rings.tryAcquire(millis, TimeUnit.MILLISECONDS);
  }

  @Test
  void itRingsOnceWhenTheTimeComesHoweverTheClockGetsThere() throws Exception {
    alarm.set(Optional.of(LONG));
    assertThat(rings(30)).isFalse();
    now = now.plus(LONG);
    assertThat(rings(60_000)).isTrue();
    assertThat(rings(30)).isFalse();
  }

  @Test
  void aTimeThatIsPastRingsAtOnce() throws Exception {
    alarm.set(Optional.of(Duration.ZERO));
    assertThat(rings(60_000)).isTrue();
    alarm.set(Optional.of(Duration.ofSeconds(-5)));
    assertThat(rings(60_000)).isTrue();
  }

  @Test
  void anotherSettingReplacesTheOneBefore() throws Exception {
    alarm.set(Optional.of(LONG));
    alarm.set(Optional.empty());
    now = now.plus(LONG);
    assertThat(rings(30)).isFalse();
    alarm.set(Optional.of(Duration.ofSeconds(Long.MAX_VALUE)));
    assertThat(rings(30)).isFalse();
    alarm.set(Optional.of(Duration.ZERO));
    assertThat(rings(60_000)).isTrue();
  }

  @Test
  void afterTheCloseItIsSilent() throws Exception {
    alarm.set(Optional.of(LONG));
    alarm.close();
    now = now.plus(LONG);
    assertThat(rings(30)).isFalse();
  }
}
