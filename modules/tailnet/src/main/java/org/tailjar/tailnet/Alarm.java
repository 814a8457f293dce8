package org.tailjar.tailnet;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Rings at a time of the wall clock, once for each setting. The clock may be set while it waits,
 * and the machine may sleep. Thread-safe.
 */
final class Alarm implements AutoCloseable {

  /** The clock is looked at so often. */
  static final Duration LOOK = Duration.ofMinutes(1);

  /** A date so far off may be beyond what a clock can hold; it is set again before. */
  private static final Duration FARTHEST = Duration.ofDays(3650);

  private final InstantSource clock;
  private final Duration look;
  private final Runnable ring;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable Instant time;
  private @Nullable Thread thread;
  private boolean closed;

  /**
   * Not set yet.
   *
   * @param ring what to do; on a virtual thread that holds no lock
   */
  Alarm(InstantSource clock, Duration look, Runnable ring) {
    this.clock = clock;
    this.look = look;
    this.ring = ring;
  }

  /** Rings so long from now, in place of any earlier setting; empty for never. */
  void set(Optional<Duration> left) {
    lock.lock();
    try {
      time =
          left.map(d -> clock.instant().plus(d.compareTo(FARTHEST) > 0 ? FARTHEST : d))
              .orElse(null);
      changed.signalAll();
      if (thread == null && time != null && !closed) {
        thread = Thread.ofVirtual().name("alarm").start(this::run);
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (awaitTime()) {
        try {
          ring.run();
        } catch (RuntimeException e) {
          System.getLogger("org.tailjar.tailnet").log(Level.WARNING, "alarm", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean awaitTime() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed) {
        @Nullable Instant next = time;
        if (next == null) {
          changed.await();
          continue;
        }
        Duration left = Duration.between(clock.instant(), next);
        if (!left.isPositive()) {
          time = null;
          return true;
        }
        changed.await(
            left.compareTo(look) > 0 ? look.toNanos() : left.toNanos(), TimeUnit.NANOSECONDS);
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Never rings again. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
