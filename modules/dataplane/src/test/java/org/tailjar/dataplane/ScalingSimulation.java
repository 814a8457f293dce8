package org.tailjar.dataplane;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadKey;
import org.tailjar.wireguard.Timings;

/**
 * What more processors than this machine has would give: TX threads whose cipher does not compute
 * but waits, so that each has a processor of its own as it were. Everything else is the packet
 * path's own, all threads seal on one session, and the order of each flow is checked at the peer.
 */
final class ScalingSimulation {

  /** Longer than everything else that a packet costs, on any machine. */
  private static final long SEAL_NANOS = 40_000;

  private static final int FLOWS = 8;
  private static final int PACKETS = 24_000;
  private static final int CAPACITY = 1 << 16;

  private ScalingSimulation() {}

  /**
   * Sends through a number of TX threads.
   *
   * @throws IllegalStateException when a flow lost its order, or a packet was lost
   */
  static long packetsPerSecond(int transmitters) throws InterruptedException {
    Aead aead = new WaitingCipher();
    try (TestNode from = new TestNode(1, Timings.STANDARD, aead, transmitters, CAPACITY);
        TestNode to = new TestNode(2, Timings.STANDARD, aead, 1, CAPACITY)) {
      TestNode.join(from, to);
      from.device.inject(Packets.numbered(from.address, to.address, 1));
      to.take();
      long start = System.nanoTime();
      for (int number = 0; number < PACKETS / FLOWS; number++) {
        for (int flow = 0; flow < FLOWS; flow++) {
          from.queues
              .get(flow % transmitters)
              .inject(Packets.udp(from.address, 5000 + flow, to.address, 9, payload(number)));
        }
      }
      Map<Integer, Integer> next = new HashMap<>();
      for (int i = 0; i < PACKETS; i++) {
        byte[] packet = to.take();
        if (packet == null) {
          throw new IllegalStateException("a packet is missing");
        }
        int flow = (packet[20] & 0xff) << 8 | packet[21] & 0xff;
        int expected = next.merge(flow, 0, (before, _) -> before + 1);
        if (Packets.number(packet) != expected) {
          throw new IllegalStateException(
              "flow " + flow + ": " + Packets.number(packet) + " instead of " + expected);
        }
      }
      return PACKETS * 1_000_000_000L / (System.nanoTime() - start);
    }
  }

  private static byte[] payload(int number) {
    byte[] payload = new byte[200];
    payload[payload.length - 4] = (byte) (number >>> 24);
    payload[payload.length - 3] = (byte) (number >>> 16);
    payload[payload.length - 2] = (byte) (number >>> 8);
    payload[payload.length - 1] = (byte) number;
    return payload;
  }

  /** Waits instead of sealing; opens at once. */
  private static final class WaitingCipher extends NullCipher {

    @Override
    public void sealAll(
        AeadKey key,
        long[] counters,
        int count,
        MemorySegment memory,
        long offset,
        int stride,
        int length,
        int lastLength) {
      long end = System.nanoTime() + count * SEAL_NANOS;
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }
  }
}
