package org.tailjar.wireguard;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;

/**
 * TAI64N time stamps for initiations (WireGuard paper 5.1). Each is later than the one before even
 * when the clock was set back meanwhile: a responder refuses any that is not.
 */
final class Tai64n {

  /** Length of a time stamp in bytes. */
  static final int LENGTH = 12;

  private static final long EPOCH = 0x4000_0000_0000_000aL;

  // The last 24 bits of the nanoseconds would tell an observer about this machine's clock.
  private static final int STEP = 1 << 24;
  private static final int NANOS_PER_SECOND = 1_000_000_000;

  private final InstantSource clock;
  private long lastSeconds = Long.MIN_VALUE;
  private int lastNanos;

  Tai64n(InstantSource clock) {
    this.clock = clock;
  }

  /** The present time, or as much later as it takes to be after the last one. */
  byte[] next() {
    Instant now = clock.instant();
    long seconds = now.getEpochSecond();
    int nanos = now.getNano() & -STEP;
    if (seconds < lastSeconds || (seconds == lastSeconds && nanos <= lastNanos)) {
      seconds = lastSeconds;
      nanos = lastNanos + STEP;
      if (nanos >= NANOS_PER_SECOND) {
        seconds++;
        nanos = 0;
      }
    }
    lastSeconds = seconds;
    lastNanos = nanos;
    return ByteBuffer.allocate(LENGTH).putLong(EPOCH + seconds).putInt(nanos).array();
  }
}
