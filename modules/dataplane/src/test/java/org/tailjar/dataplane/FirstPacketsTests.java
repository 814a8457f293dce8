package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tailjar.dataplane.TestNode.PATIENCE;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.magicsock.Route;
import org.tailjar.wireguard.Timings;

/** Packets that are sent while there is no session, or no way, yet. */
class FirstPacketsTests extends TwoNodes {

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theFirstPacketIsNotLost(boolean ipv4) throws InterruptedException {
    TestNode.join(one, two);
    byte[] there =
        Packets.numbered(ipv4 ? one.address : one.address6, ipv4 ? two.address : two.address6, 1);
    byte[] back =
        Packets.numbered(ipv4 ? two.address : two.address6, ipv4 ? one.address : one.address6, 2);

    one.device.inject(there);
    assertThat(two.take()).isEqualTo(there);
    two.device.inject(back);
    assertThat(one.take()).isEqualTo(back);
  }

  @Test
  void packetsThatWaitForTheHandshakeKeepTheirOrder() throws InterruptedException {
    TestNode.join(one, two);
    int count = 2000;
    for (int i = 0; i < 100; i++) {
      one.device.inject(numbered(i));
    }
    for (int i = 100; i < count; i++) {
      if (i == 100) {
        // The first ones are let through while more are coming.
        assertThat(two.take()).isEqualTo(numbered(0));
      }
      one.device.inject(numbered(i));
    }
    for (int i = 1; i < count; i++) {
      assertThat(Packets.number(Objects.requireNonNull(two.take()))).isEqualTo(i);
    }
  }

  @Test
  void theOldestOfTooManyWaitingPacketsGo() throws InterruptedException {
    CountDownLatch staged = new CountDownLatch(1);
    TestNode.join(one, two);
    one.paths.passes = _ -> staged.getCount() == 0;
    for (int i = 0; i < StagedPackets.CAPACITY + 5; i++) {
      one.device.inject(numbered(i));
    }
    while (one.drops(Drop.OUT_STAGING_FULL) < 5) {
      Thread.onSpinWait();
    }
    staged.countDown();

    // The handshake is begun by the other side, rather than by the timer five seconds later.
    two.device.inject(Packets.numbered(two.address, one.address, 7));
    assertThat(one.take()).isNotNull();
    for (int i = 5; i < StagedPackets.CAPACITY + 5; i++) {
      assertThat(Packets.number(Objects.requireNonNull(two.take()))).isEqualTo(i);
    }
    assertThat(one.drops(Drop.OUT_STAGING_FULL)).isEqualTo(5);
  }

  @Test
  void packetsOfAPeerThatNeverAnswersAreGivenUp() throws InterruptedException {
    Timings hasty =
        new Timings(
            Duration.ofSeconds(120),
            Duration.ofSeconds(180),
            Duration.ofMillis(300),
            Duration.ofMillis(100),
            Duration.ZERO,
            Duration.ofSeconds(10),
            Duration.ofSeconds(120));
    try (TestNode three = new TestNode(3, hasty)) {
      TestNode.join(three, two);
      three.paths.passes = _ -> false;
      three.device.inject(Packets.numbered(three.address, two.address, 1));
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (three.drops(Drop.OUT_NO_SESSION) == 0 && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }

      assertThat(three.drops(Drop.OUT_NO_SESSION)).isEqualTo(1);
    }
  }

  @Test
  void packetsWaitForAWayWhenTheSessionIsThereFirst() throws InterruptedException {
    FakePath path = TestNode.join(one, two);
    // The way is gone as soon as the initiation went, and comes back later.
    one.paths.passes =
        _ -> {
          one.paths.routes.remove(two.endpoint);
          return true;
        };
    one.device.inject(numbered(1));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (one.paths.confirmations.isEmpty() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(one.drops(Drop.OUT_NO_ROUTE)).as("the keepalive").isLessThanOrEqualTo(1);
    one.paths.passes = _ -> true;
    one.paths.routes.put(two.endpoint, new Route(path, null));
    assertThat(two.take()).isEqualTo(numbered(1));
  }
}
