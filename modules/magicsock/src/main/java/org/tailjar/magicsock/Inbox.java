package org.tailjar.magicsock;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Work that other threads hand to the first RX thread, which is woken for it. */
final class Inbox {

  static final int MOST_OFFERED = 64;

  private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger offered = new AtomicInteger();
  private final Runnable wake;

  /**
   * An empty one.
   *
   * @param wake ends the wait of the first RX thread
   */
  Inbox(Runnable wake) {
    this.wake = wake;
  }

  /** Has something run soon; any thread. */
  void post(Runnable task) {
    queue.add(task);
    wake.run();
  }

  /**
   * Has something run soon that a stranger may cause as often as it likes: it is dropped while
   * there is much of the kind. Any thread.
   */
  void offer(Runnable task) {
    if (offered.incrementAndGet() > MOST_OFFERED) {
      offered.decrementAndGet();
      return;
    }
    post(
        () -> {
          offered.decrementAndGet();
          task.run();
        });
  }

  /** Whether there is nothing to run. */
  boolean isEmpty() {
    return queue.isEmpty();
  }

  /**
   * Runs what is there now, and what that adds; first RX thread.
   *
   * @return whether there was anything
   */
  boolean run() {
    boolean any = false;
    for (Runnable task = queue.poll(); task != null; task = queue.poll()) {
      task.run();
      any = true;
    }
    return any;
  }
}
