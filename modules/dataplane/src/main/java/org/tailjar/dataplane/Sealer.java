package org.tailjar.dataplane;

import java.lang.foreign.MemorySegment;
import org.tailjar.crypto.AeadContext;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.Batch;
import org.tailjar.wireguard.Session;

/** Seals packets straight into the batches that go out. One for each thread. */
final class Sealer {

  private final AeadContext context;
  private final OutBatches batches;
  private final int mtu;

  Sealer(AeadContext context, OutBatches batches, int mtu) {
    this.context = context;
    this.batches = batches;
    this.mtu = mtu;
  }

  /**
   * Seals one packet.
   *
   * @param counter one that the session handed out
   * @return length of the message in bytes
   */
  int seal(
      Session session, long counter, Route route, MemorySegment from, long offset, int length) {
    int sealed = Session.sealedLength(length, mtu);
    Batch batch = batches.accepting(route, sealed);
    int at = batch.append(sealed);
    return session.seal(context, counter, from, offset, length, mtu, batch.memory(), at);
  }

  /** A batch for a message that is complete as it is. */
  void append(Route route, byte[] message) {
    Batch batch = batches.accepting(route, message.length);
    int at = batch.append(message.length);
    MemorySegment.copy(MemorySegment.ofArray(message), 0, batch.memory(), at, message.length);
  }

  OutBatches batches() {
    return batches;
  }
}
