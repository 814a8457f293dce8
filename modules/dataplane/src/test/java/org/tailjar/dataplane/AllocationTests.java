package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.dataplane.FakePaths.FakeEndpoint;
import org.tailjar.filter.FilterRule;
import org.tailjar.filter.PacketFilter;
import org.tailjar.magicsock.Endpoint;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.Batch;
import org.tailjar.packet.GatherPacket;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.IpPrefix;
import org.tailjar.packet.PacketDevice;
import org.tailjar.packet.PacketQueue;
import org.tailjar.packet.PacketWriter;
import org.tailjar.packet.Path;
import org.tailjar.packet.SuperPacket;
import org.tailjar.packet.SuperPacket.Offload;
import org.tailjar.wireguard.Timings;
import org.tailjar.wireguard.WireGuard;

/**
 * No packet may cost an allocation. Device, paths and cipher are such that allocate nothing, so
 * that what the threads allocate is the packet path's own.
 */
@Timeout(120)
class AllocationTests {

  private static final int MTU = 1280;
  private static final int WARM_UP = 3000;
  private static final int MEASURED = 20_000;

  @Test
  void bulkTcpAllocatesNothingPerPacket() throws InterruptedException {
    int segment = MTU - 40;
    byte[] data = Packets.random(segment * 40);
    measure(Packets.tcp("100.64.0.1", "100.64.0.2", 5, IpPacket.ACK, data), segment, 1);
  }

  @Test
  void smallUdpAllocatesNothingPerPacket() throws InterruptedException {
    measure(Packets.numbered("fd00::1", "fd00::2", 5), 0, 1);
  }

  @Test
  void severalThreadsThatSendAllocateNothingPerPacket() throws InterruptedException {
    measure(Packets.numbered("fd00::1", "fd00::2", 5), 0, 3);
  }

  private static void measure(byte[] packet, int segment, int transmitters)
      throws InterruptedException {
    assumeTrue(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean, "ThreadMXBean");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Pipe pipe = new Pipe();
    Repeater sender = new Repeater(packet, segment, transmitters);
    Repeater receiver = new Repeater(packet, segment, 1);
    NodePrivateKey one = NodePrivateKey.generate();
    NodePrivateKey two = NodePrivateKey.generate();
    long before;
    try (DataPlane sending = plane(one, sender, pipe.one);
        DataPlane receiving = plane(two, receiver, pipe.two)) {
      apply(receiving, one, 1, 2);
      apply(sending, two, 2, 1);
      sender.allow(transmitters);
      awaitReads(sender, receiver); // before there is a session nothing of it warms up
      sender.allow(WARM_UP * transmitters);
      awaitReads(sender, receiver);
      long[] ids =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().startsWith("tailjar-"))
              .mapToLong(Thread::threadId)
              .toArray();
      assertThat(ids).hasSize(3 + transmitters);
      before = allocated(threads, ids);
      sender.allow(MEASURED);
      awaitReads(sender, receiver);
      long bytes = allocated(threads, ids) - before;

      assertThat(receiving.statistics().snapshot().drops()).isEmpty();
      // Not one byte a packet; what the compiler has not yet optimised away gets this allowance.
      assertThat(bytes).isLessThan(MEASURED);
    }
  }

  private static long allocated(ThreadMXBean threads, long[] ids) {
    long sum = 0;
    for (long id : ids) {
      sum += threads.getThreadAllocatedBytes(id);
    }
    return sum;
  }

  private static void awaitReads(Repeater sender, Repeater receiver) throws InterruptedException {
    while (sender.isReading()) {
      Thread.sleep(5); // the threads that are measured have the processors
    }
    int written;
    do {
      written = receiver.written;
      Thread.sleep(50);
    } while (written != receiver.written || written == 0);
  }

  private static DataPlane plane(NodePrivateKey key, PacketDevice device, Paths paths) {
    WireGuard wireGuard =
        new WireGuard(
            key, new NullCipher(), Timings.STANDARD, InstantSource.system(), new SecureRandom());
    DataPlane plane = new DataPlane(device, paths, wireGuard, new NullCipher(), _ -> {});
    plane.serve(new ServiceTurn(Optional.of(side("100.64.0.1")), Optional.of(side("fd00::1"))));
    plane.start();
    return plane;
  }

  private static ServiceTurn.Side side(String own) {
    String service = own.indexOf(':') < 0 ? "100.100.100.100" : "fd00::53";
    return ServiceTurn.Side.of(
        InetAddress.ofLiteral(own), InetAddress.ofLiteral(service), 53, 5353, 5354);
  }

  private static void apply(DataPlane plane, NodePrivateKey peer, int peerNumber, int own) {
    PacketFilter filter =
        PacketFilter.compile(
            List.of(FilterRule.ALLOW_ALL),
            List.of(IpPrefix.parse("100.64.0." + own), IpPrefix.parse("fd00::" + own)));
    plane.apply(
        new PeerTable(
            List.of(
                new PeerTable.Entry(
                    peer.publicKey(),
                    List.of(
                        IpPrefix.parse("100.64.0." + peerNumber),
                        IpPrefix.parse("fd00::" + peerNumber)),
                    new FakeEndpoint(peer.publicKey()))),
            filter));
  }

  /** Yields the same packet as often as it was allowed to; counts what is written. */
  private static final class Repeater implements PacketDevice {

    private final MemorySegment packet;
    private final int segment;
    private final AtomicInteger left = new AtomicInteger();
    private volatile @Nullable Thread reader;
    private volatile int written;

    /** This one and others; each is read by a thread of its own. */
    private final List<PacketQueue> queues = new ArrayList<>();

    Repeater(byte[] packet, int segment, int transmitters) {
      queues.add(this);
      for (int i = 1; i < transmitters; i++) {
        queues.add(new Repeater(packet, segment, 1));
      }
      this.packet = Arena.ofAuto().allocate(packet.length);
      this.packet.copyFrom(MemorySegment.ofArray(packet));
      this.segment = segment;
    }

    void allow(int reads) {
      for (PacketQueue queue : queues) {
        ((Repeater) queue).left.addAndGet(reads / queues.size());
        queue.wake();
      }
    }

    boolean isReading() {
      return queues.stream().anyMatch(queue -> ((Repeater) queue).left.get() > 0);
    }

    @Override
    public PacketWriter writer() {
      return this;
    }

    @Override
    public List<PacketQueue> queues() {
      return List.copyOf(queues);
    }

    @Override
    public boolean read(SuperPacket into) {
      if (left.get() == 0) {
        return false;
      }
      left.decrementAndGet();
      int length = (int) packet.byteSize();
      MemorySegment.copy(packet, 0, into.memory(), into.start(), length);
      if (segment == 0) {
        into.set(length);
      } else {
        into.set(length, Offload.TCP, segment, 20, 16);
      }
      return true;
    }

    @Override
    public void awaitReadable(long timeoutNanos) {
      reader = Thread.currentThread();
      if (left.get() == 0) {
        LockSupport.parkNanos(1_000_000);
      }
    }

    @Override
    public void writeBack(SuperPacket packet) {
      written++;
    }

    @Override
    public void wake() {
      LockSupport.unpark(reader);
    }

    @Override
    public void write(GatherPacket gathered) throws IOException {
      written += gathered.pieces();
    }

    @Override
    public String name() {
      return "repeater";
    }

    @Override
    public int mtu() {
      return MTU;
    }

    @Override
    public void close() {}
  }

  /** Two ends that hand each other one batch at a time, without a lock. */
  private static final class Pipe {

    private final End one = new End();
    private final End two = new End();

    Pipe() {
      one.other = two;
      two.other = one;
    }
  }

  private static final class End implements Paths, Path {

    private final Route route = new Route(this, null);
    private final Batch slot = new Batch(Arena.ofAuto());
    private volatile boolean full;
    private volatile boolean woken;
    private volatile @Nullable End other;

    @Override
    public synchronized void send(Path path, Batch batch) {
      End to = other;
      if (to == null) {
        return;
      }
      long patience = System.nanoTime() + 1_000_000_000L;
      while (to.full) {
        if (System.nanoTime() - patience > 0) {
          return; // the other end is closed
        }
        Thread.onSpinWait();
      }
      int total = batch.totalLength();
      MemorySegment.copy(batch.memory(), 0, to.slot.memory(), 0, total);
      to.slot.received(to, total, batch.length(0));
      to.full = true;
    }

    @Override
    public boolean receive(Batch into, long deadlineNanos) {
      while (!full) {
        if (woken || System.nanoTime() - deadlineNanos > 0) {
          woken = false;
          return false;
        }
        LockSupport.parkNanos(1000);
      }
      int total = slot.totalLength();
      MemorySegment.copy(slot.memory(), 0, into.memory(), 0, total);
      into.received(this, total, slot.length(0));
      full = false;
      return true;
    }

    @Override
    public void confirmed(Endpoint peer, Path path) {}

    @Override
    public Route route(Endpoint peer) {
      return route;
    }

    @Override
    public void wake() {
      woken = true;
    }

    @Override
    public int headroom() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
