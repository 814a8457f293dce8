package org.tailjar.filter;

import java.util.Arrays;

/**
 * The UDP and SCTP flows that this node started: the {@link #CAPACITY} that were used last, so that
 * their replies are let in.
 *
 * <p>One TX thread records, RX threads ask: the first one here, each other one by a {@link #reader}
 * of its own. All take the table's monitor for the few dozen instructions that it takes, and
 * nothing is allocated. Each skips the monitor while it sees the same flow again and no other was
 * recorded since; the order of use is then off by at most one flow for each reader.
 */
public final class FlowTable implements Flows {

  /** Most flows that are remembered. */
  public static final int CAPACITY = 512;

  private static final int BUCKETS = 2 * CAPACITY;
  private static final int NONE = -1;

  private final Flow recorded = new Flow();
  private final Reader first = new Reader();

  /** Counts what {@link #record} changed; written under the monitor. */
  private volatile int version;

  private final long[] sourceHigh = new long[CAPACITY];
  private final long[] sourceLow = new long[CAPACITY];
  private final long[] destinationHigh = new long[CAPACITY];
  private final long[] destinationLow = new long[CAPACITY];
  private final long[] ports = new long[CAPACITY];
  private final int[] buckets = new int[BUCKETS];
  private final int[] nextInBucket = new int[CAPACITY];
  private final int[] newer = new int[CAPACITY];
  private final int[] older = new int[CAPACITY];
  private int newest = NONE;
  private int oldest = NONE;
  private int size;

  /** An empty table. */
  public FlowTable() {
    Arrays.fill(buckets, NONE);
  }

  /** The tuple that one thread saw last; touched by that thread alone. */
  private static final class Flow {
    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;
    private long ports;

    boolean is(long sh, long sl, long dh, long dl, long p) {
      return ports == p
          && sourceLow == sl
          && destinationLow == dl
          && sourceHigh == sh
          && destinationHigh == dh;
    }

    void set(long sh, long sl, long dh, long dl, long p) {
      sourceHigh = sh;
      sourceLow = sl;
      destinationHigh = dh;
      destinationLow = dl;
      ports = p;
    }
  }

  /**
   * Remembers a flow as this node's packets name it. TX thread.
   *
   * @param protocol IP protocol number, not 0
   */
  public void record(
      int protocol,
      long sourceHigh,
      long sourceLow,
      int sourcePort,
      long destinationHigh,
      long destinationLow,
      int destinationPort) {
    long p = ports(protocol, sourcePort, destinationPort);
    if (recorded.is(sourceHigh, sourceLow, destinationHigh, destinationLow, p)) {
      return; // the newest already: only this thread adds flows, and it added none since
    }
    recorded.set(sourceHigh, sourceLow, destinationHigh, destinationLow, p);
    synchronized (this) {
      int slot = find(sourceHigh, sourceLow, destinationHigh, destinationLow, p);
      if (slot == NONE) {
        slot = size < CAPACITY ? size++ : evict();
        this.sourceHigh[slot] = sourceHigh;
        this.sourceLow[slot] = sourceLow;
        this.destinationHigh[slot] = destinationHigh;
        this.destinationLow[slot] = destinationLow;
        ports[slot] = p;
        int bucket = bucket(sourceHigh, sourceLow, destinationHigh, destinationLow, p);
        nextInBucket[slot] = buckets[bucket];
        buckets[bucket] = slot;
      } else {
        unlink(slot);
      }
      linkNewest(slot);
      version++;
    }
  }

  /** What one RX thread asks; it remembers what it found last. */
  private final class Reader implements Flows {

    private final Flow found = new Flow();
    private int foundVersion = -1;

    @Override
    public boolean isReply(
        int protocol,
        long sourceHigh,
        long sourceLow,
        int sourcePort,
        long destinationHigh,
        long destinationLow,
        int destinationPort) {
      // The flow as our own packets name it.
      long p = ports(protocol, destinationPort, sourcePort);
      if (foundVersion == version
          && found.is(destinationHigh, destinationLow, sourceHigh, sourceLow, p)) {
        return true;
      }
      synchronized (FlowTable.this) {
        int slot = find(destinationHigh, destinationLow, sourceHigh, sourceLow, p);
        if (slot == NONE) {
          return false;
        }
        unlink(slot);
        linkNewest(slot);
        foundVersion = version;
      }
      found.set(destinationHigh, destinationLow, sourceHigh, sourceLow, p);
      return true;
    }
  }

  /** The same flows for one more RX thread. */
  public Flows reader() {
    return new Reader();
  }

  @Override
  public boolean isReply(
      int protocol,
      long sourceHigh,
      long sourceLow,
      int sourcePort,
      long destinationHigh,
      long destinationLow,
      int destinationPort) {
    return first.isReply(
        protocol,
        sourceHigh,
        sourceLow,
        sourcePort,
        destinationHigh,
        destinationLow,
        destinationPort);
  }

  /** Number of flows remembered. */
  public synchronized int size() {
    return size;
  }

  private static long ports(int protocol, int sourcePort, int destinationPort) {
    return (long) protocol << 32 | (long) sourcePort << 16 | destinationPort;
  }

  private static int bucket(long sh, long sl, long dh, long dl, long p) {
    long hash = (sh * 31 + sl) * 31 + (dh * 31 + dl) * 0x9E37_79B9_7F4A_7C15L + p;
    hash = (hash ^ hash >>> 32) * 0xD6E8_FEB8_6659_FD93L;
    return (int) (hash >>> 48) & (BUCKETS - 1);
  }

  private int find(long sh, long sl, long dh, long dl, long p) {
    int slot = buckets[bucket(sh, sl, dh, dl, p)];
    while (slot != NONE
        && !(ports[slot] == p
            && sourceLow[slot] == sl
            && destinationLow[slot] == dl
            && sourceHigh[slot] == sh
            && destinationHigh[slot] == dh)) {
      slot = nextInBucket[slot];
    }
    return slot;
  }

  private int evict() {
    int slot = oldest;
    unlink(slot);
    int bucket =
        bucket(
            sourceHigh[slot],
            sourceLow[slot],
            destinationHigh[slot],
            destinationLow[slot],
            ports[slot]);
    if (buckets[bucket] == slot) {
      buckets[bucket] = nextInBucket[slot];
    } else {
      int previous = buckets[bucket];
      while (nextInBucket[previous] != slot) {
        previous = nextInBucket[previous];
      }
      nextInBucket[previous] = nextInBucket[slot];
    }
    return slot;
  }

  private void unlink(int slot) {
    if (newest == slot) {
      newest = older[slot];
    } else {
      older[newer[slot]] = older[slot];
    }
    if (oldest == slot) {
      oldest = newer[slot];
    } else {
      newer[older[slot]] = newer[slot];
    }
  }

  private void linkNewest(int slot) {
    older[slot] = newest;
    newer[slot] = NONE;
    if (newest == NONE) {
      oldest = slot;
    } else {
      newer[newest] = slot;
    }
    newest = slot;
  }
}
