package org.tailjar.dataplane;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Work that other threads hand to the first RX thread. */
final class Inbox {

  private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();

  void add(Runnable task) {
    queue.add(task);
  }

  /**
   * Runs what is there now, and what that adds; a task that fails ends no other. First RX thread.
   */
  void drain(Faults faults) {
    Runnable task;
    while ((task = queue.poll()) != null) {
      try {
        task.run();
      } catch (RuntimeException e) {
        faults.report(e);
      }
    }
  }
}
