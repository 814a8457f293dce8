package org.tailjar.dataplane;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.tailjar.crypto.Aead;
import org.tailjar.packet.SuperPacket.Offload;
import org.tailjar.wireguard.Timings;

/**
 * Measures how the rate grows with the number of threads, also where there are fewer processors:
 * the cipher does not compute but waits, so that each thread has a processor of its own as it were.
 * Everything else is the packet path's own, and the order of each flow is checked where it arrives.
 * TX threads all seal on one session; RX threads open what four peers send. Prints a table in
 * Markdown. Started by {@code scripts/bench scaling}.
 */
final class Scaling {

  /** Longer than everything else that a packet costs, on any machine. */
  private static final long PACKET_NANOS = 40_000;

  private static final List<Integer> THREADS = List.of(1, 2, 4);
  private static final int FLOWS = 8;
  private static final int PEERS = 4;

  /** Packets of one super-packet: batches of one would measure the pauses between them. */
  private static final int SEGMENTS = 32;

  private static final int SEGMENT_LENGTH = 200;
  private static final int PACKETS = 24 * 1024;
  private static final int CAPACITY = 1 << 16;

  /** Packets per second of so many threads. */
  private interface Rate {
    long with(int threads) throws InterruptedException;
  }

  private Scaling() {}

  public static void main(String[] arguments) throws InterruptedException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
    Map<Integer, List<Long>> sent = new HashMap<>();
    Map<Integer, List<Long>> received = new HashMap<>();
    for (int round = 0; round <= rounds; round++) {
      System.err.println(round == 0 ? "warm-up" : "round " + round + " of " + rounds);
      for (int threads : THREADS) {
        measure(Scaling::sentPerSecond, threads, round > 0, sent);
        measure(Scaling::receivedPerSecond, threads, round > 0, received);
      }
    }
    System.out.printf(
        Locale.ROOT,
        "Packets per second, median of %d (least - most), with a cipher that waits %d µs a packet"
            + " instead of computing; TX on one session, RX from %d peers, on %d processors.%n%n",
        rounds,
        PACKET_NANOS / 1000,
        PEERS,
        Runtime.getRuntime().availableProcessors());
    System.out.println("| threads | TX packets/s | RX packets/s |\n|---:|---:|---:|");
    for (int threads : THREADS) {
      System.out.printf(
          "| %d | %s | %s |%n", threads, range(sent.get(threads)), range(received.get(threads)));
    }
  }

  private static void measure(
      Rate rate, int threads, boolean counts, Map<Integer, List<Long>> samples)
      throws InterruptedException {
    long measured = rate.with(threads);
    if (counts) {
      samples.computeIfAbsent(threads, _ -> new ArrayList<>()).add(measured);
    }
  }

  private static String range(List<Long> samples) {
    List<Long> sorted = samples.stream().sorted().toList();
    return String.format(
        Locale.ROOT,
        "%,d (%,d - %,d)",
        sorted.get(sorted.size() / 2),
        sorted.getFirst(),
        sorted.getLast());
  }

  /** Sends through a number of TX threads. */
  private static long sentPerSecond(int transmitters) throws InterruptedException {
    Aead waiting =
        new NullCipher() {
          @Override
          void sealing(int packets) {
            await(packets);
          }
        };
    try (TestNode from = new TestNode(1, Timings.STANDARD, waiting, transmitters, CAPACITY);
        TestNode to = new TestNode(2, Timings.STANDARD, new NullCipher(), 1, CAPACITY)) {
      open(from, to);
      long start = System.nanoTime();
      for (int first = 0; first < PACKETS / FLOWS; first += SEGMENTS) {
        for (int flow = 0; flow < FLOWS; flow++) {
          byte[] packets =
              Packets.udp(from.address, 5000 + flow, to.address, 9, numbersFrom(first));
          from.queues.get(flow % transmitters).inject(packets, Offload.UDP, SEGMENT_LENGTH, 20, 6);
        }
      }
      Arrivals.takeAll(to, FLOWS, PACKETS / FLOWS);
      return PACKETS * 1_000_000_000L / (System.nanoTime() - start);
    }
  }

  /** Receives through a number of RX threads. */
  private static long receivedPerSecond(int receivers) throws InterruptedException {
    Aead waiting =
        new NullCipher() {
          @Override
          void opening(int messages) {
            await(messages);
          }
        };
    List<TestNode> peers = new ArrayList<>();
    try (TestNode to = new TestNode(1, Timings.STANDARD, waiting, 1, CAPACITY, receivers)) {
      for (int i = 0; i < PEERS; i++) {
        TestNode peer = new TestNode(2 + i, Timings.STANDARD, new NullCipher(), 1, CAPACITY);
        peers.add(peer);
        open(peer, to);
      }
      long start = System.nanoTime();
      for (int first = 0; first < PACKETS / PEERS; first += SEGMENTS) {
        for (TestNode peer : peers) {
          byte[] packets = Packets.udp(peer.address, to.address, 9, numbersFrom(first));
          peer.device.inject(packets, Offload.UDP, SEGMENT_LENGTH, 20, 6);
        }
      }
      Arrivals.takeAll(to, PEERS, PACKETS / PEERS);
      return PACKETS * 1_000_000_000L / (System.nanoTime() - start);
    } finally {
      peers.forEach(TestNode::close);
    }
  }

  private static void open(TestNode from, TestNode to) throws InterruptedException {
    TestNode.join(from, to);
    from.device.inject(Packets.numbered(from.address, to.address, 1));
    Objects.requireNonNull(to.take(), "no session came about");
  }

  /** The payloads of a super-packet, each of which ends with its number in the flow. */
  private static byte[] numbersFrom(int first) {
    ByteBuffer payloads = ByteBuffer.allocate(SEGMENTS * SEGMENT_LENGTH);
    for (int i = 0; i < SEGMENTS; i++) {
      payloads.putInt((i + 1) * SEGMENT_LENGTH - Integer.BYTES, first + i);
    }
    return payloads.array();
  }

  /** As a cipher that computes for so many packets would. */
  private static void await(int packets) {
    long end = System.nanoTime() + packets * PACKET_NANOS;
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
