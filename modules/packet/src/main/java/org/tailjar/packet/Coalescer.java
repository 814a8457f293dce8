package org.tailjar.packet;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * Writes packets to a device, consecutive TCP (and UDP, where the device takes it) segments of a
 * flow merged into super-packets: one write and one pass through the receiving stack for dozens of
 * packets. No payload is copied; the headers of the first packet of a run are changed in place.
 *
 * <p>Packets of several flows may come interleaved. The order inside each flow is kept. Packets are
 * merged only when splitting them again gives the same bytes, and only when their checksums are
 * right; everything else is written as it came. Two things may differ after splitting, since they
 * mean nothing there: the IPv4 id of packets that are never fragmented (RFC 6864), and a push flag,
 * which goes to the last packet of its run, as a receiver may take pushes together (RFC 9293
 * 3.9.1). Every super-packet of a bulk sender ends in a push; to end the run there too would nearly
 * double the writes.
 *
 * <p>Owned by the thread that writes the device; allocates nothing per packet.
 */
public final class Coalescer {

  private static final int OPEN_RUNS = 16;

  private final PacketWriter device;
  private final IpPacket ip = new IpPacket();
  private final CoalescedRun[] runs = new CoalescedRun[OPEN_RUNS];
  private int open;
  private long malformed;

  /** A coalescer that writes to the device. */
  public Coalescer(PacketWriter device) {
    this.device = device;
    for (int i = 0; i < OPEN_RUNS; i++) {
      runs[i] = new CoalescedRun();
    }
  }

  /**
   * Takes a complete IP packet. Its bytes must stay as they are until {@link #flush}; bytes behind
   * the length that its IP header gives are ignored. What is not an IP packet is dropped and
   * counted in {@link #malformed}.
   *
   * @throws IOException when the device is gone
   */
  public void add(MemorySegment memory, long offset, int length) throws IOException {
    if (!ip.wrap(memory, offset, length)) {
      malformed++;
      return;
    }
    boolean mergeable =
        switch (ip.protocol()) {
          case IpPacket.TCP ->
              device.mergesTcp() && CoalescedRun.isMergeableTcp(memory, offset, ip);
          case IpPacket.UDP ->
              device.mergesUdp() && CoalescedRun.isMergeableUdp(memory, offset, ip);
          default -> false;
        };
    if (mergeable) {
      int same = -1;
      for (int i = 0; i < open; i++) {
        if (runs[i].isSameFlow(memory, offset, ip)) {
          same = i;
          break;
        }
      }
      if (same >= 0) {
        if (runs[same].append(memory, offset, ip)) {
          return;
        }
        close(same);
      } else if (open == OPEN_RUNS) {
        close(0);
      }
      runs[open++].begin(memory, offset, ip);
      return;
    }
    // May belong to a flow that is open, even when that cannot be seen (a fragment has no ports).
    for (int i = open - 1; i >= 0; i--) {
      if (runs[i].isBetweenSameHosts(ip)) {
        close(i);
      }
    }
    CoalescedRun single = runs[OPEN_RUNS - 1];
    if (open == OPEN_RUNS) {
      close(OPEN_RUNS - 1);
      single = runs[OPEN_RUNS - 1];
    }
    single.begin(memory, offset, ip);
    single.finish();
    device.write(single);
  }

  /**
   * Writes what is still held back, oldest first.
   *
   * @throws IOException when the device is gone
   */
  public void flush() throws IOException {
    int count = open;
    open = 0;
    for (int i = 0; i < count; i++) {
      runs[i].finish();
      device.write(runs[i]);
    }
  }

  /** Packets that were dropped since they are no IP packets. */
  public long malformed() {
    return malformed;
  }

  /** Writes one run; those behind it move up, so that the order of their beginnings is kept. */
  private void close(int index) throws IOException {
    CoalescedRun run = runs[index];
    System.arraycopy(runs, index + 1, runs, index, open - index - 1);
    open--;
    runs[open] = run;
    run.finish();
    device.write(run);
  }
}
