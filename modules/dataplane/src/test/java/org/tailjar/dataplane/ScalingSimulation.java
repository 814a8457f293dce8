package org.tailjar.dataplane;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToIntFunction;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadKey;
import org.tailjar.wireguard.Timings;

/**
 * What more processors than this machine has would give: threads whose cipher does not compute but
 * waits, so that each has a processor of its own as it were. Everything else is the packet path's
 * own, and the order of each flow is checked where it arrives. TX threads all seal on one session;
 * RX threads open what four peers send.
 */
final class ScalingSimulation {

  /** Longer than everything else that a packet costs, on any machine. */
  private static final long PACKET_NANOS = 40_000;

  private static final int FLOWS = 8;
  private static final int PEERS = 4;
  private static final int PACKETS = 24_000;
  private static final int CAPACITY = 1 << 16;

  private ScalingSimulation() {}

  /**
   * Receives through a number of RX threads.
   *
   * @throws IllegalStateException when a flow lost its order, or a packet was lost
   */
  static long receivedPerSecond(int receivers) throws InterruptedException {
    List<TestNode> peers = new ArrayList<>();
    try (TestNode to =
        new TestNode(1, Timings.STANDARD, new WaitingCipher(false, true), 1, CAPACITY, receivers)) {
      for (int i = 0; i < PEERS; i++) {
        TestNode peer = new TestNode(2 + i, Timings.STANDARD, new NullCipher(), 1, CAPACITY);
        peers.add(peer);
        TestNode.join(peer, to);
        peer.device.inject(Packets.numbered(peer.address, to.address, 1));
        to.take();
      }
      long start = System.nanoTime();
      for (int number = 0; number < PACKETS / PEERS; number++) {
        for (TestNode peer : peers) {
          peer.device.inject(Packets.udp(peer.address, 5000, to.address, 9, payload(number)));
        }
      }
      awaitInOrder(to, packet -> packet[15] & 0xff); // the last byte of the source address
      return PACKETS * 1_000_000_000L / (System.nanoTime() - start);
    } finally {
      peers.forEach(TestNode::close);
    }
  }

  private static void awaitInOrder(TestNode to, ToIntFunction<byte[]> flowOf)
      throws InterruptedException {
    Map<Integer, Integer> next = new HashMap<>();
    for (int i = 0; i < PACKETS; i++) {
      byte[] packet = to.take();
      if (packet == null) {
        throw new IllegalStateException("a packet is missing");
      }
      int flow = flowOf.applyAsInt(packet);
      int expected = next.merge(flow, 0, (before, _) -> before + 1);
      if (Packets.number(packet) != expected) {
        throw new IllegalStateException(
            "flow " + flow + ": " + Packets.number(packet) + " instead of " + expected);
      }
    }
  }

  /**
   * Sends through a number of TX threads.
   *
   * @throws IllegalStateException when a flow lost its order, or a packet was lost
   */
  static long sentPerSecond(int transmitters) throws InterruptedException {
    Aead aead = new WaitingCipher(true, false);
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
      awaitInOrder(to, packet -> (packet[20] & 0xff) << 8 | packet[21] & 0xff);
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

  /** Waits instead of sealing, or of opening. */
  private static final class WaitingCipher extends NullCipher {

    private final boolean sealing;
    private final boolean opening;

    private WaitingCipher(boolean sealing, boolean opening) {
      this.sealing = sealing;
      this.opening = opening;
    }

    private static void await(int packets) {
      long end = System.nanoTime() + packets * PACKET_NANOS;
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }

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
      if (sealing) {
        await(count);
      }
    }

    @Override
    public boolean open(
        AeadKey key,
        long counter,
        MemorySegment from,
        long fromOffset,
        int length,
        MemorySegment to,
        long toOffset) {
      if (opening) {
        await(1);
      }
      return true;
    }

    @Override
    public void openAll(
        AeadKey key,
        long[] counters,
        int count,
        MemorySegment memory,
        long offset,
        int stride,
        int length,
        int lastLength,
        boolean[] authentic) {
      if (opening) {
        await(count);
      }
      Arrays.fill(authentic, 0, count, true);
    }
  }
}
