package org.tailjar.dataplane;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.tailjar.magicsock.Endpoint;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.RelayedPath;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

/**
 * The paths of one node to one other: what it sends waits in memory for the other to receive it, a
 * copy for each batch as over a socket. One thread does everything.
 */
final class MemoryPaths implements Paths, Path {

  /** Where batches go. */
  enum Way {
    TO_OTHER,
    BY_RELAY,
    /** They are counted and forgotten. */
    NOWHERE
  }

  /** More than what one burst of a device makes. */
  private static final int SLOTS = 8;

  private final Batch[] slots =
      Stream.generate(() -> new Batch(Arena.ofAuto())).limit(SLOTS).toArray(Batch[]::new);
  private final RelayedPath relay = RelayedPath.toNobody();
  private final Route direct = new Route(this, null);
  private final Route relayed = new Route(relay.path(), null);
  private MemoryPaths other = this;
  private Way way = Way.TO_OTHER;
  private int first;
  private int count;
  private long sent;

  /** Makes two each other's only way. */
  static void connect(MemoryPaths one, MemoryPaths two) {
    one.other = two;
    two.other = one;
  }

  /** Says where what is sent from now on goes. */
  void way(Way wanted) {
    way = wanted;
  }

  /** What goes by the relay. */
  RelayedPath relay() {
    return relay;
  }

  /** How many packets were sent so far. */
  long sent() {
    return sent;
  }

  /** Whether there is nothing to receive. */
  boolean isEmpty() {
    return count == 0;
  }

  @Override
  public void send(Path path, Batch batch) {
    sent += batch.count();
    switch (way) {
      case TO_OTHER -> other.deliver(batch);
      case BY_RELAY -> relay.send(batch);
      case NOWHERE -> {}
    }
  }

  private void deliver(Batch batch) {
    if (count == SLOTS) {
      return; // as a socket whose buffer is full
    }
    Batch slot = slots[(first + count) % SLOTS];
    copy(batch, slot);
    count++;
  }

  private void copy(Batch from, Batch to) {
    int total = from.totalLength();
    MemorySegment.copy(from.memory(), 0, to.memory(), 0, total);
    to.received(this, total, from.length(0));
  }

  @Override
  public boolean receive(Batch into, long deadlineNanos) {
    if (count == 0) {
      return false;
    }
    copy(slots[first], into);
    first = (first + 1) % SLOTS;
    count--;
    return true;
  }

  @Override
  public Route route(Endpoint peer) {
    return way == Way.BY_RELAY ? relayed : direct;
  }

  @Override
  public int headroom() {
    return 0;
  }

  @Override
  public void confirmed(Endpoint peer, Path path) {}

  @Override
  public void wake() {}

  @Override
  public void close() {}
}
