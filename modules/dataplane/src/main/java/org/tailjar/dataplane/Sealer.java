package org.tailjar.dataplane;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.tailjar.crypto.AeadContext;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.magicsock.Route;
import org.tailjar.wireguard.Session;

/** Writes messages into the batches that go out. One for each thread. */
final class Sealer {

  private final OutBatches batches;
  private final int mtu;

  Sealer(OutBatches batches, int mtu) {
    this.batches = batches;
    this.mtu = mtu;
  }

  /** For an RX thread, which sends little: nothing that others could outrun. */
  static Sealer ofReceiver(ReceiveSide side, Counters counters) {
    AeadContext context = side.aead().context();
    return new Sealer(
        new OutBatches(side.paths(), counters, Arena.ofAuto(), context, OutBatches.Turn.ALONE, 1),
        side.device().mtu());
  }

  /**
   * Has a packet sealed and sent with its batch.
   *
   * @return length of the message in bytes
   */
  int seal(Session session, Route route, MemorySegment from, long offset, int length) {
    int sealed = Session.sealedLength(length, mtu);
    OutBatch batch = batches.accepting(route, session, sealed);
    MemorySegment memory = batch.memory();
    long content = batch.append(sealed) + (long) Session.HEADER_LENGTH;
    MemorySegment.copy(from, offset, memory, content, length);
    // Zeros for the padding, of 15 bytes at most, and for some of the tag behind it.
    memory.set(ValueLayout.JAVA_LONG_UNALIGNED, content + length, 0);
    memory.set(ValueLayout.JAVA_LONG_UNALIGNED, content + length + Long.BYTES, 0);
    return sealed;
  }

  /** Has a message that is complete as it is sent with its batch. */
  void append(Route route, byte[] message) {
    OutBatch batch = batches.accepting(route, null, message.length);
    int at = batch.append(message.length);
    MemorySegment.copy(MemorySegment.ofArray(message), 0, batch.memory(), at, message.length);
  }

  OutBatches batches() {
    return batches;
  }
}
