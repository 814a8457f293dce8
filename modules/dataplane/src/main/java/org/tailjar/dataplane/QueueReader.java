package org.tailjar.dataplane;

import java.io.IOException;
import org.tailjar.magicsock.PathsQueue;
import org.tailjar.packet.Batch;

/** Receives for one RX thread, which a fault of the paths does not end unless it stays. */
final class QueueReader {

  /** Faults, one right after the other, that end the thread. */
  private static final int MAX_FAULTS_IN_A_ROW = 100;

  private final PathsQueue queue;
  private final Faults faults;
  private int faultsInARow;

  QueueReader(PathsQueue queue, Faults faults) {
    this.queue = queue;
    this.faults = faults;
  }

  /** As {@link PathsQueue#wake}; any thread. */
  void wake() {
    queue.wake();
  }

  /** As {@link PathsQueue#receive}. */
  boolean receive(Batch into, long deadlineNanos) throws IOException {
    try {
      boolean received = queue.receive(into, deadlineNanos);
      faultsInARow = 0;
      return received;
    } catch (RuntimeException e) {
      faultsInARow++;
      if (faultsInARow == MAX_FAULTS_IN_A_ROW) {
        throw e; // it does not work any more
      }
      faults.report(e);
      return false;
    }
  }
}
