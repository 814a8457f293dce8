package org.tailjar.dataplane;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.AeadContext;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;
import org.tailjar.wireguard.SendOrder;
import org.tailjar.wireguard.Session;

/**
 * The batches that one thread is filling, one for each path, so that peers whose packets come
 * interleaved do not break up each other's batches. A batch goes out when it takes no more, when
 * its slot is needed, or when it is flushed. Its packets are sealed just then, with counters taken
 * just then: so little lies between the two that other threads hardly run ahead meanwhile, and what
 * remains is {@link SendOrder}'s.
 */
final class OutBatches {

  private static final int SPINS = 100;
  private static final long PAUSE_NANOS = 20_000;

  private final Paths paths;
  private final Counters counters;
  private final Arena arena;
  private final AeadContext context;
  private final Turn turn;
  private final OutBatch[] batches;
  private int open;
  private @Nullable Batch copy;

  /**
   * Which of the threads that send on the same sessions this one is.
   *
   * @param number from 0
   * @param of how many there are
   */
  record Turn(int number, int of) {

    /** Of a thread that sends alone, or too little at a time to be outrun. */
    static final Turn ALONE = new Turn(0, 1);
  }

  /** Room for this many open batches, in memory of the arena. */
  OutBatches(
      Paths paths, Counters counters, Arena arena, AeadContext context, Turn turn, int slots) {
    this.paths = paths;
    this.counters = counters;
    this.arena = arena;
    this.context = context;
    this.turn = turn;
    batches = new OutBatch[slots];
  }

  /**
   * A batch that takes a message; append it before anything else.
   *
   * @param session whose packet it is, null for a message that is complete
   * @param length of the message, sealed
   */
  OutBatch accepting(Route route, @Nullable Session session, int length) {
    Path first = route.first();
    for (int i = 0; i < open; i++) {
      OutBatch batch = batches[i];
      if (batch.path() == first) {
        if (!batch.accepts(route, session, length)) {
          send(i);
          batch.clear(route, session);
        }
        return batch;
      }
    }
    if (open == batches.length) {
      flush(0);
    }
    OutBatch batch = batches[open];
    if (batch == null) {
      batch = new OutBatch(arena);
      batches[open] = batch;
    }
    batch.clear(route, session);
    open++;
    return batch;
  }

  /** Sends what waits for a path. */
  void flush(Path path) {
    for (int i = 0; i < open; i++) {
      if (batches[i].path() == path) {
        flush(i);
        return;
      }
    }
  }

  /** Sends everything, the oldest batch first. */
  void flush() {
    int count = open;
    open = 0;
    for (int i = 0; i < count; i++) {
      send(i);
    }
  }

  /** Forgets everything, for when it is not known what was written. */
  void discard() {
    open = 0;
  }

  private void flush(int index) {
    OutBatch free = batches[index];
    try {
      send(index);
    } finally {
      open--;
      System.arraycopy(batches, index + 1, batches, index, open - index);
      batches[open] = free;
    }
  }

  private void send(int index) {
    OutBatch sending = batches[index];
    Session session = sending.session();
    int count = sending.count();
    if (count == 0) {
      return;
    }
    if (session == null) {
      send(sending.complete(), sending.second());
    } else if (turn.of() == 1) {
      long first = session.reserve(count);
      if (isReserved(first, count)) {
        send(sending.seal(context, session, first), sending.second());
      }
    } else {
      sendInTurn(sending, session, count);
    }
  }

  private void sendInTurn(OutBatch sending, Session session, int count) {
    SendOrder order = session.sendOrder(turn.of());
    long first = order.reserve(turn.number(), count);
    try {
      if (isReserved(first, count)) {
        Batch batch = sending.seal(context, session, first);
        awaitTurn(order, first + count - 1);
        send(batch, sending.second());
      }
    } finally {
      order.sent(turn.number());
    }
  }

  private void awaitTurn(SendOrder order, long last) {
    for (int looks = 0; order.mustWait(turn.number(), last); looks++) {
      if (looks < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(PAUSE_NANOS); // the system has stopped another thread
      }
    }
  }

  /** The session may have ended, or used up its counters, since the packets came. */
  private boolean isReserved(long first, int count) {
    if (first == Session.EXHAUSTED) {
      counters.drop(Drop.OUT_NO_SESSION, count);
      return false;
    }
    return true;
  }

  private void send(Batch batch, @Nullable Path second) {
    Path first = batch.path();
    if (first == null) {
      return;
    }
    if (second != null) {
      sendCopy(batch, second); // ahead of the first path, which may frame the datagrams in place
    }
    int count = batch.count();
    paths.send(first, batch);
    counters.sent(batch.calls(), count);
  }

  private void sendCopy(Batch batch, Path second) {
    Batch to = copy;
    if (to == null) {
      to = new Batch(arena);
      copy = to;
    }
    to.clear(second);
    for (int i = 0; i < batch.count(); i++) {
      int length = batch.length(i);
      if (!to.accepts(length)) {
        paths.send(second, to);
        to.clear(second);
      }
      int offset = to.append(length);
      MemorySegment.copy(batch.memory(), batch.offset(i), to.memory(), offset, length);
    }
    paths.send(second, to);
  }
}
