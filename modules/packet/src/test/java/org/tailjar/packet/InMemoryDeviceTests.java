package org.tailjar.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class InMemoryDeviceTests {

  private final InMemoryDevice device = new InMemoryDevice("test0", 1280, 2);
  private final SuperPacket packet = new SuperPacket(Arena.ofAuto());

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
  void closingEndsAWait() throws Exception {
    CompletableFuture<Void> waiting =
        CompletableFuture.runAsync(
            () ->
                assertThatThrownBy(() -> device.awaitReadable(-1))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the device test0 is closed"));
    device.close();
    waiting.get(60, TimeUnit.SECONDS);
    assertThat(device.take(Duration.ZERO)).isNull();
  }
}
