package org.tailjar.derp;

/**
 * How many frames may be under way to a relay. A server queues no more than 32 packets for a client
 * and drops the oldest beyond that, and it reads faster than it writes: what is sent at once, such
 * as the segments of one read of the TUN device, is lost in part. It answers pings in the order of
 * the frames, so a pong tells how far it has read. The window is about what its queue holds, and
 * what the distance to it holds at a rate that relays do not reach. No I/O and no clock; used under
 * the lock of its owner.
 */
final class SendWindow {

  /** Frames that may lie in the server's queue, which leaves room for packets of others. */
  static final int QUEUED_FRAMES = 24;

  /** Frames per second that are not to be slowed down by the distance: some 0.9 Gbit/s. */
  private static final long FASTEST = 80_000;

  /** More than a window's frames are not counted: the socket's buffer is full long before. */
  private static final int MOST_FRAMES = 16_384;

  private static final int PINGS_PER_WINDOW = 3;
  private static final long SECOND = 1_000_000_000;
  private static final long SHORTEST_STALL = 50_000_000;
  private static final int STALLS_BEFORE_GIVING_UP = 3;

  private long sent;
  private long read;
  private long pinged;
  private long timed = -1;
  private long timedAt;
  private long roundTrip = Long.MAX_VALUE;
  private int stalls;

  /** How many more frames may be sent now. */
  int allowed() {
    return stalls >= STALLS_BEFORE_GIVING_UP ? MOST_FRAMES : (int) (limit() - (sent - read));
  }

  /** Frames were sent. */
  void sent(int frames) {
    sent += frames;
  }

  /** Whether a ping belongs behind what was sent last. */
  boolean wantsPing() {
    return sent - pinged >= Math.max(1, limit() / PINGS_PER_WINDOW);
  }

  /** A ping is sent: what it is to carry, never zero. */
  long ping(long nowNanos) {
    pinged = sent;
    if (timed < 0) {
      timed = sent;
      timedAt = nowNanos;
    }
    return sent + 1;
  }

  /** A pong came; what is not the echo of one of {@link #ping} is ignored. */
  void pong(long echo, long nowNanos) {
    long upTo = echo - 1;
    if (upTo < read || upTo > pinged) {
      return;
    }
    stalls = 0;
    read = upTo;
    if (timed >= 0 && upTo >= timed) {
      roundTrip = Math.min(roundTrip, nowNanos - timedAt);
      timed = -1;
    }
  }

  /** How long to wait for a pong, in nanoseconds, before {@link #stalled}. */
  long patience() {
    return SHORTEST_STALL + (roundTrip == Long.MAX_VALUE ? 0 : 4 * roundTrip);
  }

  /** No pong came. A server may skip one, and one that sends none at all is not waited for. */
  void stalled() {
    stalls++;
    read = sent;
    timed = -1;
  }

  /** The way to the server may be a longer one from now on. */
  void forgetRoundTrip() {
    roundTrip = Long.MAX_VALUE;
    timed = -1;
  }

  private long limit() {
    long known = roundTrip == Long.MAX_VALUE ? 0 : Math.min(roundTrip, SECOND);
    long distance = known * FASTEST / SECOND;
    return Math.min(MOST_FRAMES, QUEUED_FRAMES + distance);
  }
}
