package org.tailjar.dataplane;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.Route;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.Session;

/** Sends packets that are not the system's but ours. Owned by one RX thread. */
final class OwnPackets {

  private final Paths paths;
  private final Sealer sealer;

  OwnPackets(Paths paths, Sealer sealer) {
    this.paths = paths;
    this.sealer = sealer;
  }

  /** Sends a packet if there is a session. */
  void send(PeerLink link, MemorySegment memory, long offset, int length, long now) {
    Peer peer = link.peer();
    @Nullable Session session = peer == null ? null : peer.sending(now);
    @Nullable Route route = session == null ? null : paths.route(link.endpoint());
    if (session == null || route == null) {
      return;
    }
    int sealed = sealer.seal(session, route, memory, offset, length);
    sealer.batches().flush();
    session.peer().sent(now, 1, sealed);
  }
}
