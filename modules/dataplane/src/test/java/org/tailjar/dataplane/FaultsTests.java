package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tailjar.dataplane.TestNode.PATIENCE;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.wireguard.Timings;

/** What may go wrong without an end to the tunnel of all peers. */
class FaultsTests extends TwoNodes {

  @Test
  void noDatagramEndsTheLoop() throws InterruptedException {
    FakePath path = FakePaths.otherEnd(TestNode.join(one, two));
    settle();
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(4);
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(200)];
      random.nextBytes(bytes);
      if (bytes.length >= 4 && i % 2 == 0) {
        Arrays.fill(bytes, 0, 4, (byte) 0);
        bytes[0] = (byte) (1 + i / 2 % 5);
      }
      two.paths.deliver(bytes, 1 + random.nextInt(bytes.length), path);
    }
    settle();

    assertThat(two.failures).isEmpty();
    assertThat(two.drops(Drop.IN_UNKNOWN)).isPositive();
  }

  @Test
  void theLongestDatagramDoesNotEndTheLoop() throws InterruptedException {
    FakePath path = FakePaths.otherEnd(TestNode.join(one, two));
    settle();
    for (int type = 0; type < 6; type++) {
      byte[] bytes = new byte[65_507];
      bytes[0] = (byte) type;
      two.paths.deliver(bytes, bytes.length, path);
      two.paths.deliver(bytes, 1, path); // as so many of one byte
      two.paths.deliver(bytes, 40_000, path);
    }
    settle();
    assertThat(two.failures).isEmpty();
  }

  @Test
  void aKeyThatIsDestroyedInTheMiddleCostsABatchAndNotTheThread() throws InterruptedException {
    BrittleAead aead = new BrittleAead();
    try (TestNode three = new TestNode(3, Timings.STANDARD, aead)) {
      TestNode.join(three, two);
      three.device.inject(Packets.numbered(three.address, two.address, 1));
      assertThat(two.take()).isNotNull();
      aead.failures.set(1);
      three.device.inject(Packets.numbered(three.address, two.address, 2));
      while (aead.failures.get() > 0) {
        Thread.onSpinWait();
      }
      byte[] next = Packets.numbered(three.address, two.address, 3);
      three.device.inject(next);

      assertThat(two.take()).isEqualTo(next);
      assertThat(three.failures).isEmpty();
    }
  }

  @Test
  void workThatFailsHoldsUpNoOther() throws InterruptedException {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    one.dataPlane.execute(
        () -> {
          running.countDown();
          await(goOn);
        });
    assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
    one.dataPlane.execute(
        () -> {
          throw new IllegalStateException("work that fails");
        });
    one.dataPlane.execute(
        () -> {
          throw new IllegalStateException("work that fails again");
        });
    one.dataPlane.execute(done::countDown);
    goOn.countDown();

    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aFaultOfThePathsCostsNoMoreThanItself() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    two.paths.faults.set(1);
    one.device.inject(numbered(1));

    assertThat(two.take()).isEqualTo(numbered(1));
    assertThat(two.failures).isEmpty();
  }

  @Test
  void pathsThatFailForGoodAreReported() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    two.paths.faults.set(Integer.MAX_VALUE);
    one.device.inject(numbered(1));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (two.failures.isEmpty() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }

    assertThat(two.failures).hasSize(1).first().isInstanceOf(IllegalStateException.class);
  }
}
