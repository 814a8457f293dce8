package org.tailjar.dataplane;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.AeadContext;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

/**
 * The batches that one thread is filling, one for each path, so that peers whose packets come
 * interleaved do not break up each other's batches. A batch goes out when it takes no more, when
 * its slot is needed, or when it is flushed.
 */
final class OutBatches {

  private final Paths paths;
  private final Counters counters;
  private final Arena arena;
  private final AeadContext context;
  private final OutBatch[] batches;
  private int open;
  private @Nullable Batch copy;

  /** Room for this many open batches, in memory of the arena. */
  OutBatches(Paths paths, Counters counters, Arena arena, AeadContext context, int slots) {
    this.paths = paths;
    this.counters = counters;
    this.arena = arena;
    this.context = context;
    batches = new OutBatch[slots];
  }

  /** A batch for the route that takes a message of this length; append it before anything else. */
  OutBatch accepting(Route route, int length) {
    Path first = route.first();
    for (int i = 0; i < open; i++) {
      OutBatch batch = batches[i];
      if (batch.path() == first) {
        if (batch.second() != route.second() || !batch.accepts(length)) {
          send(i);
          batch.clear(route);
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
    batch.clear(route);
    open++;
    return batch;
  }

  /** Seals with this whatever is to be sealed. */
  AeadContext context() {
    return context;
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
    Batch batch = sending.seal(context);
    Path first = batch.path();
    if (first == null || batch.count() == 0) {
      return;
    }
    Path second = sending.second();
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
