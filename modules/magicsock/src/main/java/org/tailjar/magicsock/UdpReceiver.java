package org.tailjar.magicsock;

import java.io.IOException;
import org.tailjar.packet.Batch;

/** Receives from a queue of UDP sockets and nothing else. */
final class UdpReceiver implements PathsQueue {

  private final UdpQueue queue;
  private final UdpQueue.Others others;
  private volatile boolean woken;

  /**
   * A receiver.
   *
   * @param others takes what is not WireGuard, on the thread that receives
   */
  UdpReceiver(UdpQueue queue, UdpQueue.Others others) {
    this.queue = queue;
    this.others = others;
  }

  @Override
  public boolean receive(Batch into, long deadlineNanos) throws IOException {
    while (!queue.receive(into, others)) {
      if (woken) {
        woken = false;
        return false;
      }
      long left = deadlineNanos - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      queue.await(left);
    }
    return true;
  }

  @Override
  public void wake() {
    woken = true;
    queue.wake();
  }
}
