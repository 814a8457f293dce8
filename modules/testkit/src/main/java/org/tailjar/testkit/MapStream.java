package org.tailjar.testkit;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.tailjar.headscale.MapResponse;

/** What one node has yet to be told. Any thread may add; one takes. */
final class MapStream {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Queue<MapResponse> messages = new ArrayDeque<>();
  private boolean closed;

  void add(MapResponse message) {
    lock.lock();
    try {
      messages.add(message);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Puts the full map in the place of what was said before it. */
  void begin(MapResponse full) {
    lock.lock();
    try {
      messages.clear();
      messages.add(full);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** The next message; null when none came within that time, or the stream is closed. */
  @Nullable MapResponse next(Duration timeout) throws InterruptedException {
    lock.lock();
    try {
      long left = timeout.toNanos();
      while (messages.isEmpty() && !closed && left > 0) {
        left = changed.awaitNanos(left);
      }
      return closed ? null : messages.poll();
    } finally {
      lock.unlock();
    }
  }
}
