package org.tailjar.dataplane;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.filter.Flows;
import org.tailjar.magicsock.PathsQueue;
import org.tailjar.packet.Path;
import org.tailjar.wireguard.Session;

/**
 * An RX thread beside the first one, for the transport messages of some of the peers. What changes
 * the state of WireGuard or of the paths it hands to the first one.
 */
final class TransportReceiver implements Inbound.Owner {

  /** Runs something on the first RX thread. */
  interface First {
    /** Soon, in the order of calls. */
    void execute(Task task);
  }

  /** What is to be done by the owner. */
  interface Task {
    /** Does it. */
    void run(Inbound.Owner owner);
  }

  private static final long IDLE_NANOS = Duration.ofMinutes(1).toNanos();

  /** The first thread has had the time to see to a session of which it was told so long ago. */
  private static final long SEEN_TO_NANOS = Duration.ofMillis(10).toNanos();

  /** What the first thread knows of a path may have changed after so long. */
  private static final long KNOWN_NANOS = Duration.ofSeconds(1).toNanos();

  /** Most tasks that wait for the first thread; what is left out is told again or sent again. */
  private static final int MOST_TASKS = 64;

  private final ReceiveSide side;
  private final QueueReader reader;
  private final First first;
  private final Counters counters;
  private final Inbound inbound;
  private final Faults faults = new Faults();
  private final AtomicInteger tasks = new AtomicInteger();
  private @Nullable Session used;
  private long usedTold;

  /**
   * An RX thread that is yet to run.
   *
   * @param queue its own
   * @param flows as this thread may ask them
   * @param counters its own
   */
  TransportReceiver(
      ReceiveSide side, First first, PathsQueue queue, Flows flows, Counters counters) {
    this.side = side;
    this.first = first;
    this.counters = counters;
    reader = new QueueReader(queue, faults);
    Sealer sealer = Sealer.ofReceiver(side, counters);
    inbound = new Inbound(side, this, side.device().writer(), flows, sealer, counters, faults);
  }

  /** Runs until closed. */
  void run() throws IOException {
    while (!side.closed().getAsBoolean()) {
      if (reader.receive(inbound.batch(), System.nanoTime() + IDLE_NANOS)) {
        inbound.receive(System.nanoTime());
      }
    }
  }

  /** Ends the present wait; any thread. */
  void wake() {
    reader.wake();
  }

  /** Has the first thread do something; false when it has too much of that to do already. */
  private boolean hand(Task task) {
    if (tasks.incrementAndGet() > MOST_TASKS) {
      tasks.decrementAndGet();
      return false;
    }
    first.execute(
        owner -> {
          tasks.decrementAndGet();
          task.run(owner);
        });
    return true;
  }

  /** Comes here only by a change of the kernel's mind, or forged. */
  @Override
  public void handshake(MemorySegment memory, int offset, int length, Path path, long now) {
    byte[] message = memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    if (!hand(
        owner ->
            owner.handshake(MemorySegment.ofArray(message), 0, length, path, System.nanoTime()))) {
      counters.drop(Drop.IN_UNKNOWN, 1);
    }
  }

  @Override
  public void confirmed(PeerLink link, Path path, long now) {
    if (link.wasConfirmed(path, now - KNOWN_NANOS)) {
      return;
    }
    if (hand(owner -> owner.confirmed(link, path, System.nanoTime()))) {
      link.confirmed(path, now);
    }
  }

  @Override
  public void used(Session session, long now) {
    if (used == session && now - usedTold <= SEEN_TO_NANOS) {
      return;
    }
    if (hand(owner -> owner.used(session, System.nanoTime()))) {
      used = session;
      usedTold = now;
    }
  }
}
