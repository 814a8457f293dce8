package org.tailjar.derp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SendWindowTests {

  private static final long MILLISECOND = 1_000_000;

  private final SendWindow window = new SendWindow();

  @Test
  void noMoreIsUnderWayThanAServerQueues() {
    assertThat(window.allowed()).isEqualTo(SendWindow.QUEUED_FRAMES).isLessThan(32);
    window.sent(SendWindow.QUEUED_FRAMES);
    assertThat(window.allowed()).isZero();
  }

  @Test
  void aPongLetsAsManyGoAsTheServerHasRead() {
    window.sent(10);
    assertThat(window.wantsPing()).isTrue();
    long echo = window.ping(0);
    window.sent(14);
    assertThat(window.allowed()).isZero();
    window.pong(echo, 0);
    assertThat(window.allowed()).isEqualTo(10);
  }

  @Test
  void aFewFramesNeedNoPing() {
    window.sent(3);
    assertThat(window.wantsPing()).isFalse();
  }

  @Test
  void aFarRelayHasALargeWindow() {
    long echo = window.ping(0);
    window.pong(echo, 30 * MILLISECOND);
    assertThat(window.allowed()).isEqualTo(SendWindow.QUEUED_FRAMES + 2400);
  }

  @Test
  void theShortestRoundTripCountsUntilTheNetworkChanges() {
    window.pong(window.ping(0), 10 * MILLISECOND);
    window.sent(1);
    window.pong(window.ping(0), 30 * MILLISECOND);
    assertThat(window.allowed()).isEqualTo(SendWindow.QUEUED_FRAMES + 800);
    window.forgetRoundTrip();
    window.pong(window.ping(0), 30 * MILLISECOND);
    assertThat(window.allowed()).isEqualTo(SendWindow.QUEUED_FRAMES + 2400);
  }

  @Test
  void aRoundTripOfMinutesDoesNotOverflow() {
    window.pong(window.ping(0), Long.MAX_VALUE / 2);
    assertThat(window.allowed()).isBetween(10_000, 20_000);
  }

  @Test
  void aLostPongIsWaitedForOnlySoLong() {
    window.sent(24);
    window.ping(0);
    assertThat(window.allowed()).isZero();
    assertThat(window.patience()).isBetween(10 * MILLISECOND, 100 * MILLISECOND);
    window.stalled();
    assertThat(window.allowed()).isEqualTo(SendWindow.QUEUED_FRAMES);
  }

  @Test
  void aServerWithoutPongsIsSentToWithoutAWindowUntilOneComes() {
    long echo = 0;
    for (int i = 0; i < 3; i++) {
      window.sent(24);
      echo = window.ping(0);
      window.stalled();
    }
    assertThat(window.allowed()).isGreaterThan(10_000);
    window.pong(echo, 0);
    assertThat(window.allowed()).isEqualTo(SendWindow.QUEUED_FRAMES);
  }

  @Test
  void whateverAServerEchoesTheWindowStaysWithinItsBounds() {
    Random random = new Random(3);
    for (int i = 0; i < 100_000; i++) {
      int frames = Math.min(random.nextInt(10), Math.max(0, window.allowed()));
      window.sent(frames);
      if (window.wantsPing()) {
        window.ping(i);
      }
      window.pong(random.nextBoolean() ? random.nextLong() : random.nextInt(i + 2), i);
      assertThat(window.allowed()).isBetween(0, SendWindow.QUEUED_FRAMES + 10);
    }
  }
}
