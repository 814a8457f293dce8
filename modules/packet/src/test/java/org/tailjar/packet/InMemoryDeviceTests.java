package org.tailjar.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class InMemoryDeviceTests {

  private final InMemoryDevice device = new InMemoryDevice("test0", 1280, 2);
  private final SuperPacket packet = new SuperPacket(Arena.ofAuto());
  private final AtomicInteger read = new AtomicInteger();

  @Test
  void whatIsInjectedIsReadInOrderAndTheRestDropped() throws Exception {
    for (int i = 1; i <= 3; i++) {
      device.inject(new byte[i]);
    }
    assertThat(device.dropped()).isEqualTo(1);
    device.awaitReadable(-1);
    assertThat(device.read(packet)).isTrue();
    assertThat(packet.length()).isEqualTo(1);
    assertThat(device.read(packet)).isTrue();
    assertThat(device.read(packet)).isFalse();
  }

  @Test
  void wakeEndsTheNextWait() throws Exception {
    device.wake();
    device.awaitReadable(-1);
    device.awaitReadable(0);
  }

  @Test
  @Timeout(60)
  void whatIsInjectedWhileTheReaderWaitsIsRead() throws Exception {
    CompletableFuture<Void> injecting =
        CompletableFuture.runAsync(
            () -> {
              for (int number = 1; number <= 10_000; number++) {
                device.inject(new byte[number % 100 + 1]);
                while (read.get() < number) {
                  Thread.onSpinWait();
                }
              }
            });
    while (read.get() < 10_000) {
      device.awaitReadable(-1);
      while (device.read(packet)) {
        assertThat(packet.length()).isEqualTo((read.get() + 1) % 100 + 1);
        read.incrementAndGet();
      }
    }
    injecting.get();
  }

  @Test
  void closingEndsAWaitAndAllThatFollow() throws Exception {
    CompletableFuture<Void> waiting =
        CompletableFuture.runAsync(
            () ->
                assertThatThrownBy(() -> device.awaitReadable(-1))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the device test0 is closed"));
    device.close();
    waiting.get(60, TimeUnit.SECONDS);
    assertThatThrownBy(() -> device.awaitReadable(-1)).isInstanceOf(IOException.class);
    assertThat(device.take(Duration.ZERO)).isNull();
  }
}
