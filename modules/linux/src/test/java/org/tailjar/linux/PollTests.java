package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class PollTests {

  @Test
  void aBitSaysWhichDescriptorIsReadable() throws Exception {
    try (EventDescriptor first = EventDescriptor.open();
        EventDescriptor second = EventDescriptor.open()) {
      Poll poll = new Poll(first.descriptor(), second.descriptor());
      assertThat(poll.await(0)).isZero();
      second.signal();
      assertThat(poll.await(-1)).isEqualTo(2);
      first.signal();
      assertThat(poll.await(-1)).isEqualTo(3);
      second.drain();
      assertThat(poll.await(-1)).isEqualTo(1);
      first.drain();
      assertThat(poll.await(1)).isZero();
    }
  }

  @Test
  void severalSignalsAreOne() throws Exception {
    try (EventDescriptor event = EventDescriptor.open()) {
      Poll poll = new Poll(event.descriptor());
      event.signal();
      event.signal();
      event.drain();
      assertThat(poll.await(0)).isZero();
      event.signal();
      assertThat(poll.await(0)).isEqualTo(1);
    }
  }

  @Test
  void noWorkIsLostBetweenSignalAndDrain() throws Exception {
    try (EventDescriptor event = EventDescriptor.open()) {
      Poll poll = new Poll(event.descriptor());
      AtomicInteger work = new AtomicInteger();
      int total = 100_000;
      CompletableFuture<Void> producer =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < total; i++) {
                  work.incrementAndGet();
                  event.signal();
                }
              });
      int done = 0;
      while (done < total) {
        assertThat(poll.await(TimeUnit.SECONDS.toNanos(60))).as("woken with work left").isOne();
        event.drain();
        done += work.getAndSet(0);
      }
      producer.get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void aSignalAfterTheCloseEndsAWaitForGood() throws Exception {
    for (int round = 0; round < 100; round++) {
      EventDescriptor event = EventDescriptor.open();
      UdpSocket socket = UdpSocket.bind(false, 0, 0);
      Poll poll = new Poll(socket.descriptor(), event.descriptor());
      CompletableFuture<Boolean> ended =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  while (true) {
                    poll.await(-1);
                  }
                } catch (ClosedDescriptorException e) {
                  return true;
                } catch (LinuxException e) {
                  return false;
                }
              });
      socket.close();
      event.signal();
      assertThat(ended.get(60, TimeUnit.SECONDS)).isTrue();
      event.close();
      event.signal();
    }
  }

  @Test
  void nothingToWaitForIsRefused() {
    assertThatThrownBy(() -> new Poll()).isInstanceOf(IllegalArgumentException.class);
  }
}
