package org.tailjar.dataplane;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.Path;
import org.tailjar.wireguard.Output;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.Session;

/** What the RX thread sends: WireGuard's own messages, and packets that waited for a session. */
final class Outgoing implements Output {

  private final Paths paths;
  private final Sealer sealer;
  private final Counters counters;

  Outgoing(Paths paths, Sealer sealer, Counters counters) {
    this.paths = paths;
    this.sealer = sealer;
    this.counters = counters;
  }

  @Override
  public void send(Peer peer, byte[] message, @Nullable Path replyTo) {
    Route route = replyTo == null ? route(peer) : new Route(replyTo, null);
    if (route == null) {
      counters.drop(Drop.OUT_NO_ROUTE, 1);
      return;
    }
    sealer.append(route, message);
    sealer.batches().flush();
  }

  @Override
  public void reply(Path path, byte[] message) {
    sealer.append(new Route(path, null), message);
    sealer.batches().flush();
  }

  /** Sends what waited for the session, see {@link StagedPackets}. */
  @Override
  public void established(Peer peer) {
    if (!(peer.attachment() instanceof PeerLink link)) {
      return;
    }
    StagedPackets staged = link.staged();
    synchronized (staged) {
      int count = staged.size();
      if (count == 0) {
        return;
      }
      long now = System.nanoTime();
      Session session = peer.sending(now);
      Route route = session == null ? null : paths.route(link.endpoint());
      long counter = route == null || session == null ? Session.EXHAUSTED : session.reserve(count);
      if (session == null || route == null || counter == Session.EXHAUSTED) {
        counters.drop(Drop.OUT_NO_ROUTE, count);
      } else {
        MemorySegment memory = staged.memory();
        long bytes = 0;
        long sealed = 0;
        for (int i = 0; i < count; i++) {
          sealed +=
              sealer.seal(session, counter + i, route, memory, staged.offset(i), staged.length(i));
          bytes += staged.length(i);
        }
        sealer.batches().flush();
        counters.add(Counters.BYTES_OUT, bytes);
        peer.sent(now, count, sealed);
      }
      staged.clear();
    }
  }

  @Override
  public void gaveUp(Peer peer) {
    if (peer.attachment() instanceof PeerLink link) {
      discard(link);
    }
  }

  /** Drops the packets that wait. */
  void discard(PeerLink link) {
    StagedPackets staged = link.staged();
    synchronized (staged) {
      if (!staged.isEmpty()) {
        counters.drop(Drop.OUT_NO_SESSION, staged.size());
        staged.clear();
      }
    }
  }

  /** Sends a packet of our own if there is a session. */
  void send(PeerLink link, MemorySegment memory, long offset, int length, long now) {
    Peer peer = link.peer();
    Session session = peer == null ? null : peer.sending(now);
    Route route = session == null ? null : paths.route(link.endpoint());
    if (session == null || route == null) {
      return;
    }
    long counter = session.reserve(1);
    if (counter != Session.EXHAUSTED) {
      int sealed = sealer.seal(session, counter, route, memory, offset, length);
      sealer.batches().flush();
      session.peer().sent(now, 1, sealed);
    }
  }

  private @Nullable Route route(Peer peer) {
    return peer.attachment() instanceof PeerLink link ? paths.route(link.endpoint()) : null;
  }
}
