package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class Tai64nTests {

  private Instant now = Instant.parse("2026-03-01T12:00:00.999999999Z");
  private final Tai64n timestamps = new Tai64n(() -> now);

  @Test
  void secondsCountFromTheTaiEpochAndNanosAreCoarse() {
    now = Instant.ofEpochSecond(0, 0x01ff_ffff);
    assertThat(HexFormat.of().formatHex(timestamps.next())).isEqualTo("400000000000000a01000000");
  }

  @Test
  void eachIsLaterThanTheOneBeforeEvenWhenTheClockIsSetBack() {
    byte[] last = timestamps.next();
    for (int i = 0; i < 200; i++) {
      now = i % 3 == 0 ? now.minusSeconds(100) : now;
      byte[] next = timestamps.next();
      assertThat(Arrays.compareUnsigned(next, last)).isPositive();
      last = next;
    }
    now = now.plusSeconds(100_000);
    byte[] next = timestamps.next();
    assertThat(Arrays.compareUnsigned(next, last)).isPositive();
  }
}
