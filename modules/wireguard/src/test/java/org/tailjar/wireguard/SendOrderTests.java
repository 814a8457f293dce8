package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.PacketCiphers;

class SendOrderTests {

  private static final Aead AEAD = PacketCiphers.byName("jce");

  private final Session session =
      new Session(
          new Peer(NodePrivateKey.generate().publicKey(), Timings.STANDARD, new Random(1)),
          true,
          1,
          2,
          AEAD.key(new byte[32]),
          AEAD.key(new byte[32]),
          0,
          Timings.STANDARD);

  @Test
  void whoHasTakenLesserCountersIsWaitedForOnceItIsFarBehind() {
    SendOrder order = session.sendOrder(2);
    assertThat(order.reserve(0, 10)).isZero();
    assertThat(order.reserve(1, 64)).isEqualTo(10);
    assertThat(order.mustWait(1, 73)).isFalse();
    order.sent(1);

    long last = 73;
    while (last <= SendOrder.MOST_AHEAD) {
      last = order.reserve(1, 64) + 63;
      assertThat(order.mustWait(1, last)).isEqualTo(last > SendOrder.MOST_AHEAD);
      if (last <= SendOrder.MOST_AHEAD) {
        order.sent(1);
      }
    }
    // The one that is behind never waits.
    assertThat(order.mustWait(0, 9)).isFalse();
    order.sent(0);
    assertThat(order.mustWait(1, last)).isFalse();
  }

  @Test
  void aSessionWithoutCountersLeavesNobodyWaiting() {
    SendOrder order = session.sendOrder(2);
    session.sendCounter.set(Session.REJECT_AFTER_MESSAGES - 2000);
    assertThat(order.reserve(0, 2001)).isEqualTo(Session.EXHAUSTED);
    long first = order.reserve(1, 2000);
    assertThat(first).isEqualTo(Session.REJECT_AFTER_MESSAGES - 2000);
    assertThat(order.mustWait(1, first + 1999)).isFalse();
  }

  @Test
  void threadsThatSendOnOneSessionShareItsOrder() {
    assertThat(session.sendOrder(2)).isSameAs(session.sendOrder(2));
  }

  /** One thread of a number that take turns as chance will have it. */
  private static final class Sender {
    private boolean taken;
    private long first;
    private int count;
  }

  /**
   * Threads that are stopped anywhere and for any time: nothing that one sends is behind what was
   * sent before by more than the rule says, each counter passes the peer's window, and there is
   * always one that can go on.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void whereverThreadsAreStoppedThePeersWindowHolds(int senders) {
    Random random = new Random(senders);
    SendOrder order = session.sendOrder(senders);
    ReplayWindow window = new ReplayWindow();
    Sender[] threads = new Sender[senders];
    for (int i = 0; i < senders; i++) {
      threads[i] = new Sender();
    }
    long greatest = 0;
    long furthest = 0;
    int stopped = 0;
    for (int step = 0; step < 300_000; step++) {
      if (step % 1000 == 0) {
        stopped = random.nextInt(senders);
      }
      int number = random.nextInt(senders);
      Sender thread = threads[number];
      if (number == stopped) {
        continue;
      }
      if (!thread.taken) {
        thread.count = 1 + random.nextInt(64);
        thread.first = order.reserve(number, thread.count);
        thread.taken = true;
      } else if (!order.mustWait(number, thread.first + thread.count - 1)) {
        for (long counter = thread.first; counter < thread.first + thread.count; counter++) {
          furthest = Math.max(furthest, greatest - counter);
          assertThat(window.accepts(counter)).isTrue();
          window.mark(counter);
          greatest = Math.max(greatest, counter);
        }
        order.sent(number);
        thread.taken = false;
      }
      boolean anyCanGoOn = false;
      for (int i = 0; i < senders; i++) {
        Sender each = threads[i];
        anyCanGoOn |= !each.taken || !order.mustWait(i, each.first + each.count - 1);
      }
      assertThat(anyCanGoOn).isTrue();
    }
    assertThat(furthest).isPositive().isLessThanOrEqualTo(SendOrder.MOST_AHEAD);
    assertThat(greatest).as("counters").isGreaterThan(100_000);
  }
}
