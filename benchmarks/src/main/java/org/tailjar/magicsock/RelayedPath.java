package org.tailjar.magicsock;

import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.derp.RingRelay;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

/** A path by a relay, up to the bytes that would be written to it. */
public final class RelayedPath {

  private final RingRelay relay = new RingRelay();
  private final DerpPath path = new DerpPath(relay, NodePrivateKey.generate().publicKey());

  private RelayedPath() {}

  /** To a peer that does not exist. */
  public static RelayedPath toNobody() {
    return new RelayedPath();
  }

  /** What batches are to be filled for. */
  public Path path() {
    return path;
  }

  /** Frames a batch and queues it. */
  public void send(Batch batch) {
    path.send(batch);
  }

  /** Takes all that is queued, as the thread that writes to a relay does; returns the bytes. */
  public long drain() throws InterruptedException {
    return relay.drain();
  }
}
