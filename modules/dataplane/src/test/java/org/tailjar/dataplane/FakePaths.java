package org.tailjar.dataplane;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.magicsock.Endpoint;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.PathsQueue;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;
import org.tailjar.wireguard.WireGuard;

/** Paths in memory: what is sent by a path is received by the paths at its other end. */
final class FakePaths implements Paths {

  /** One end of a way between two nodes. */
  static final class FakePath implements Path {
    private final FakePaths owner;
    private final int headroom;
    private @Nullable FakePath otherEnd;

    private FakePath(FakePaths owner, int headroom) {
      this.owner = owner;
      this.headroom = headroom;
    }

    @Override
    public int headroom() {
      return headroom;
    }
  }

  record FakeEndpoint(NodePublicKey key) implements Endpoint {}

  record Confirmation(Endpoint peer, Path path) {}

  private record Arrival(byte[] datagrams, int length, FakePath path) {}

  final Map<Endpoint, Route> routes = new ConcurrentHashMap<>();
  final List<Confirmation> confirmations = new CopyOnWriteArrayList<>();

  /** What is sent on; anything else is lost. */
  volatile Predicate<byte[]> passes = _ -> true;

  /** Thrown by the next receive. */
  volatile @Nullable IOException failure;

  /** How many receives are to fail as they should not. */
  final AtomicInteger faults = new AtomicInteger();

  /** Where one thread receives. */
  private final class FakeQueue implements PathsQueue {
    private final Queue<Arrival> arrivals = new ConcurrentLinkedQueue<>();
    private final AtomicLong received = new AtomicLong();

    /** Has a permit after a change that the receiver may wait for; more would say no more. */
    private final Semaphore changed = new Semaphore(0);

    private void deliver(Arrival arrival) {
      arrivals.add(arrival);
      wake();
    }

    @Override
    public boolean receive(Batch into, long deadlineNanos) throws IOException {
      if (arrivals.isEmpty() && failure == null) {
        await(deadlineNanos);
      }
      IOException failed = failure;
      if (failed != null) {
        throw failed;
      }
      if (faults.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new IllegalStateException("a fault of the paths");
      }
      Arrival next = arrivals.poll();
      if (next == null) {
        return false;
      }
      MemorySegment.copy(
          next.datagrams, 0, into.memory(), ValueLayout.JAVA_BYTE, 0, next.datagrams.length);
      into.received(next.path, next.datagrams.length, next.length);
      received.incrementAndGet();
      return true;
    }

    private void await(long deadlineNanos) throws IOException {
      try {
        changed.tryAcquire(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }

    private long received() {
      return received.get();
    }

    @Override
    public void wake() {
      if (changed.availablePermits() == 0) {
        changed.release();
      }
    }
  }

  private final List<FakeQueue> queues = new ArrayList<>();

  /** What comes by them is received by one thread. */
  FakePaths() {
    this(1);
  }

  /** What comes by them is received by so many threads. */
  FakePaths(int receivers) {
    for (int i = 0; i < receivers; i++) {
      queues.add(new FakeQueue());
    }
  }

  /** A way between two nodes; the result is the first node's end. */
  static FakePath connect(FakePaths first, FakePaths second, int headroom) {
    FakePath one = new FakePath(first, headroom);
    FakePath two = new FakePath(second, headroom);
    one.otherEnd = two;
    two.otherEnd = one;
    return one;
  }

  static FakePath otherEnd(FakePath path) {
    if (path.otherEnd == null) {
      throw new IllegalStateException("not connected");
    }
    return path.otherEnd;
  }

  @Override
  public void send(Path path, Batch batch) {
    FakePath from = (FakePath) path;
    if (from.owner != this || batch.path() != path || batch.headroom() != from.headroom) {
      throw new IllegalArgumentException("a batch for another path");
    }
    FakePath to = otherEnd(from);
    int lost = 0;
    int stride = batch.count() == 0 ? 0 : batch.length(0);
    byte[] run = new byte[stride * batch.count()];
    int length = 0;
    for (int i = 0; i < batch.count(); i++) {
      byte[] datagram = new byte[batch.length(i)];
      MemorySegment.copy(
          batch.memory(), ValueLayout.JAVA_BYTE, batch.offset(i), datagram, 0, datagram.length);
      if (passes.test(datagram)) {
        System.arraycopy(datagram, 0, run, length, datagram.length);
        length += datagram.length;
      } else {
        lost++;
      }
    }
    if (lost < batch.count()) {
      to.owner.deliver(Arrays.copyOf(run, length), stride, to);
    }
  }

  /** Puts bytes into the receiving side as if they came by a path. */
  void deliver(byte[] datagrams, int length, FakePath path) {
    boolean transport = datagrams.length >= 8 && datagrams[0] == 4;
    int number = transport ? WireGuard.receiver(datagrams[4], queues.size()) : 0;
    deliver(datagrams, length, path, number);
  }

  /** The same by a queue of the caller's choice. */
  void deliver(byte[] datagrams, int length, FakePath path, int queue) {
    queues.get(queue).deliver(new Arrival(datagrams, length, path));
  }

  @Override
  public List<PathsQueue> queues() {
    List<PathsQueue> all = new ArrayList<>(queues);
    all.set(0, this);
    return all;
  }

  @Override
  public boolean receive(Batch into, long deadlineNanos) throws IOException {
    return queues.getFirst().receive(into, deadlineNanos);
  }

  void fail(IOException cause) {
    failure = cause;
    queues.forEach(FakeQueue::wake);
  }

  /** How many batches were received so far. */
  long received() {
    return queues.stream().mapToLong(FakeQueue::received).sum();
  }

  /** How many batches each of the threads received so far. */
  List<Long> receivedByEach() {
    return queues.stream().map(FakeQueue::received).toList();
  }

  @Override
  public void confirmed(Endpoint peer, Path path) {
    confirmations.add(new Confirmation(peer, path));
  }

  @Override
  public @Nullable Route route(Endpoint peer) {
    return routes.get(peer);
  }

  @Override
  public void wake() {
    queues.getFirst().wake();
  }

  @Override
  public void close() {}
}
