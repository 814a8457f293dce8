package org.tailjar.dataplane;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What the packet path counts. Each thread writes counters of its own, without atomic operations;
 * any thread may take a {@link #snapshot}, whose numbers are each right but not of one instant.
 */
public final class Statistics {

  private final List<Counters> tx;
  private final List<Counters> rx;

  Statistics(int transmitters, int receivers) {
    tx = Stream.generate(Counters::new).limit(transmitters).toList();
    rx = Stream.generate(Counters::new).limit(receivers).toList();
  }

  Counters tx(int transmitter) {
    return tx.get(transmitter);
  }

  Counters rx(int receiver) {
    return rx.get(receiver);
  }

  /** The sums of all threads. */
  public Snapshot snapshot() {
    Map<Drop, Long> drops = new EnumMap<>(Drop.class);
    for (Drop reason : Drop.values()) {
      long count = sum(Counters.FIRST_DROP + reason.ordinal());
      if (count != 0) {
        drops.put(reason, count);
      }
    }
    return new Snapshot(
        calls(Counters.TUN_READS, Counters.TUN_READ_PACKETS),
        calls(Counters.UDP_SENDS, Counters.UDP_SENT_PACKETS),
        calls(Counters.UDP_RECEIVES, Counters.UDP_RECEIVED_PACKETS),
        calls(Counters.TUN_WRITES, Counters.TUN_WRITTEN_PACKETS),
        sum(Counters.BYTES_OUT),
        sum(Counters.BYTES_IN),
        Collections.unmodifiableMap(drops));
  }

  private Calls calls(int calls, int packets) {
    return new Calls(sum(calls), sum(packets));
  }

  private long sum(int counter) {
    return Stream.concat(rx.stream(), tx.stream()).mapToLong(thread -> thread.get(counter)).sum();
  }

  /**
   * Calls to the kernel and the packets that they carried.
   *
   * @param calls number of calls
   * @param packets packets as they go over a wire, after splitting and before merging
   */
  public record Calls(long calls, long packets) {

    /** Packets per call; 0 without calls. */
    public double mean() {
      return calls == 0 ? 0 : (double) packets / calls;
    }
  }

  /**
   * The counters at one moment, since the start.
   *
   * @param tunReads reads from the device
   * @param udpSends system calls for WireGuard messages, and batches of them handed to a relay
   * @param udpReceives system calls that brought WireGuard messages, and batches from a relay
   * @param tunWrites writes to the device
   * @param bytesOut bytes of IP packets sealed
   * @param bytesIn bytes of IP packets let in
   * @param drops packets dropped, by reason; reasons that never occurred are left out
   */
  public record Snapshot(
      Calls tunReads,
      Calls udpSends,
      Calls udpReceives,
      Calls tunWrites,
      long bytesOut,
      long bytesIn,
      Map<Drop, Long> drops) {}

  /** The counters that one thread writes, with a cache line kept free on either side. */
  static final class Counters {

    static final int TUN_READS = 0;
    static final int TUN_READ_PACKETS = 1;
    static final int UDP_SENDS = 2;
    static final int UDP_SENT_PACKETS = 3;
    static final int UDP_RECEIVES = 4;
    static final int UDP_RECEIVED_PACKETS = 5;
    static final int TUN_WRITES = 6;
    static final int TUN_WRITTEN_PACKETS = 7;
    static final int BYTES_OUT = 8;
    static final int BYTES_IN = 9;
    private static final int FIRST_DROP = 10;

    private static final int PADDING = 16;
    private static final VarHandle VALUES = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] values = new long[PADDING + FIRST_DROP + Drop.values().length + PADDING];

    void add(int counter, long amount) {
      int index = PADDING + counter;
      VALUES.setOpaque(values, index, values[index] + amount);
    }

    void drop(Drop reason, int packets) {
      add(FIRST_DROP + reason.ordinal(), packets);
    }

    void sent(int calls, int packets) {
      add(UDP_SENDS, calls);
      add(UDP_SENT_PACKETS, packets);
    }

    long get(int counter) {
      return (long) VALUES.getOpaque(values, PADDING + counter);
    }
  }
}
