package org.tailjar.dataplane;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.filter.FlowTable;
import org.tailjar.filter.FlowTables;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.PathsQueue;
import org.tailjar.packet.PacketDevice;
import org.tailjar.packet.PacketQueue;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.WireGuard;

/**
 * The packet path: what a {@link PacketDevice} yields is sealed and sent, what the {@link Paths}
 * receive is opened and written to the device.
 *
 * <p>Platform threads do that, one TX thread for each {@linkplain PacketDevice#queues queue} of the
 * device and one RX thread for each {@linkplain Paths#queues queue} of the paths; each works
 * packets to completion, so that those of a flow stay in order. The first RX thread owns the {@link
 * WireGuard} that it is given. Nothing is allocated per packet.
 *
 * <p>Life cycle: made, {@link #start}ed once, {@link #close}d. The device and the paths stay open;
 * WireGuard's keys are overwritten. Until {@link #apply} is called nothing passes.
 */
public final class DataPlane implements AutoCloseable {

  private static final Logger log = System.getLogger("org.tailjar.dataplane");
  private static final Duration JOIN = Duration.ofSeconds(1);

  private final PacketDevice device;
  private final List<PacketQueue> queues;
  private final Paths paths;
  private final WireGuard wireGuard;
  private final Consumer<Throwable> onFailure;
  private final Statistics statistics;
  private final Inbox inbox = new Inbox();
  private final Staging staging = new Staging();
  private final Receiver receiver;
  private final List<TransportReceiver> furtherReceivers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicBoolean failed = new AtomicBoolean();
  private volatile Links links = Links.EMPTY;
  private volatile @Nullable ServiceTurn service;
  private volatile boolean closed;
  private Runnable firstOnEachThread = () -> {};

  /**
   * A packet path that stands still until it is started.
   *
   * @param wireGuard without peers; belongs to this packet path from now on
   * @param aead what the sessions of {@code wireGuard} are sealed with
   * @param onFailure told once, on one of the threads, when the device or the paths work no more;
   *     all of them then end
   */
  public DataPlane(
      PacketDevice device,
      Paths paths,
      WireGuard wireGuard,
      Aead aead,
      Consumer<Throwable> onFailure) {
    this.device = device;
    this.paths = paths;
    this.wireGuard = wireGuard;
    this.onFailure = onFailure;
    queues = device.queues();
    List<PathsQueue> receiving = paths.queues();
    statistics = new Statistics(queues.size(), receiving.size());
    wireGuard.receivers(receiving.size());
    List<FlowTable> tables = Stream.generate(FlowTable::new).limit(queues.size()).toList();
    for (int i = 0; i < queues.size(); i++) {
      threads.add(thread("tx", i, queues.size(), transmitter(i, aead, tables.get(i))::run));
    }
    ReceiveSide side = new ReceiveSide(device, paths, wireGuard, aead, () -> links, () -> closed);
    receiver =
        new Receiver(
            side,
            inbox,
            tables.size() == 1 ? tables.getFirst() : new FlowTables(tables),
            statistics.rx(0));
    threads.add(thread("rx", 0, receiving.size(), receiver::run));
    for (int i = 1; i < receiving.size(); i++) {
      TransportReceiver further =
          new TransportReceiver(
              side,
              task -> execute(() -> task.run(receiver)),
              receiving.get(i),
              new FlowTables(tables.stream().map(FlowTable::reader).toList()),
              statistics.rx(i));
      furtherReceivers.add(further);
      threads.add(thread("rx", i, receiving.size(), further::run));
    }
  }

  private Transmitter transmitter(int number, Aead aead, FlowTable flows) {
    return new Transmitter(
        queues.get(number),
        device.mtu(),
        paths,
        aead,
        new OutBatches.Turn(number, queues.size()),
        flows,
        staging,
        statistics.tx(number),
        new TransmitterRequests());
  }

  private interface Loop {
    void run() throws IOException;
  }

  private final class TransmitterRequests implements Transmitter.Requests {

    @Override
    public void handshake(PeerLink link) {
      execute(() -> receiver.handshake(link));
    }

    @Override
    public Links links() {
      return links;
    }

    @Override
    public @Nullable ServiceTurn service() {
      return service;
    }

    @Override
    public boolean isClosed() {
      return closed;
    }
  }

  private Thread thread(String kind, int number, int of, Loop loop) {
    return Thread.ofPlatform()
        .name("tailjar-" + kind + (of == 1 ? "" : "-" + number))
        .daemon()
        .unstarted(
            () -> {
              try {
                firstOnEachThread.run();
                loop.run();
              } catch (IOException | RuntimeException | Error e) {
                fail(e);
              }
            });
  }

  /**
   * Starts the threads.
   *
   * @param first run on each thread before anything else, such as what tells the system how it is
   *     to be scheduled
   */
  public void start(Runnable first) {
    firstOnEachThread = first;
    start();
  }

  /** Starts the threads. */
  public void start() {
    threads.forEach(Thread::start);
  }

  /**
   * Puts a table in force, from the next packet on. Peers that stay keep their sessions; those that
   * are gone lose them.
   */
  public synchronized void apply(PeerTable table) {
    Links before = links;
    Links after = before.next(table, device.mtu(), staging, queues.size());
    List<PeerLink> removed = before.without(after);
    List<PeerLink> added = after.without(before);
    links = after;
    if (!removed.isEmpty() || !added.isEmpty()) {
      execute(() -> receiver.change(removed, added));
    }
  }

  /**
   * Has a new session made with a peer that there is one with: the peer may have lost it. Until
   * then the present one serves as before, since the peer may have it still.
   */
  public void renew(NodePublicKey key) {
    execute(
        () -> {
          PeerLink link = links.byKey().get(key);
          if (link != null) {
            receiver.renew(link);
          }
        });
  }

  /** Has a service of this process answer to its own system, from the next packet on. */
  public void serve(@Nullable ServiceTurn turn) {
    service = turn;
  }

  /** Has the first RX thread run something, soon and in the order of calls. */
  public void execute(Runnable task) {
    inbox.add(task);
    paths.wake();
  }

  /**
   * What WireGuard knows of a peer.
   *
   * @return null when there is no such peer, or RX has yet to add it
   */
  public @Nullable Peer peer(NodePublicKey key) {
    PeerLink link = links.byKey().get(key);
    return link == null ? null : link.peer();
  }

  /** What was counted so far. */
  public Statistics statistics() {
    return statistics;
  }

  private void fail(Throwable cause) {
    if (!closed && failed.compareAndSet(false, true)) {
      stop();
      onFailure.accept(cause);
    }
  }

  private void stop() {
    closed = true;
    queues.forEach(PacketQueue::wake);
    paths.wake();
    furtherReceivers.forEach(TransportReceiver::wake);
  }

  /** As {@link #close(Duration)}, within a second. */
  @Override
  public void close() {
    close(JOIN);
  }

  /**
   * Ends the threads, and overwrites all keys once they have ended; may be called again.
   *
   * @param longest to wait for all together
   * @return whether they have ended; a thread that has not may still use device and paths
   */
  public synchronized boolean close(Duration longest) {
    stop();
    long deadline = System.nanoTime() + longest.toNanos();
    if (threads.stream().allMatch(thread -> ended(thread, deadline))) {
      wireGuard.close();
      return true;
    }
    log.log(Level.WARNING, "a thread of the packet path did not end in time");
    return false;
  }

  private static boolean ended(Thread thread, long deadline) {
    if (thread.getState() == Thread.State.NEW || thread == Thread.currentThread()) {
      return true;
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return thread.join(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        } catch (InterruptedException _) {
          interrupted = true; // the thread ends soon; the interrupt is for the caller
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
