package org.tailjar.dataplane;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Work that other threads hand to the RX thread. */
final class Inbox {

  private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();

  void add(Runnable task) {
    queue.add(task);
  }

  /** Runs what is there now, and what that adds. RX thread. */
  void drain() {
    Runnable task;
    while ((task = queue.poll()) != null) {
      task.run();
    }
  }
}
