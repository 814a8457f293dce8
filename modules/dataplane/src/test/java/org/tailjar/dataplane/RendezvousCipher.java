package org.tailjar.dataplane;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Holds the threads that seal batches, or those that open messages, until so many are at it at the
 * same time. Where one has to wait for another to be done, they never are.
 */
final class RendezvousCipher extends NullCipher {

  /** What the threads are held at. */
  enum Side {
    SEALING,
    OPENING
  }

  /** Long for threads that have nothing else to do, on any machine. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Side side;
  private volatile CountDownLatch missing = new CountDownLatch(0);

  /** Holds nobody yet. */
  RendezvousCipher(Side side) {
    this.side = side;
  }

  /** Holds whoever comes from now on, until they are so many. */
  void hold(int threads) {
    missing = new CountDownLatch(threads);
  }

  /**
   * Waits until nobody is missing, and lets all go: also when it took too long.
   *
   * @return how many are missing
   */
  int missing() throws InterruptedException {
    CountDownLatch latch = missing;
    if (latch.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
      return 0;
    }
    int count = (int) latch.getCount();
    while (latch.getCount() > 0) {
      latch.countDown();
    }
    return count;
  }

  /** Nobody who is held here comes again meanwhile, so each that comes is another thread. */
  private void meet(Side at) {
    if (at != side) {
      return;
    }
    CountDownLatch latch = missing;
    latch.countDown();
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  void sealing(int packets) {
    meet(Side.SEALING);
  }

  @Override
  void opening(int messages) {
    meet(Side.OPENING);
  }
}
