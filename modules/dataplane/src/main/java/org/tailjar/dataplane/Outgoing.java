package org.tailjar.dataplane;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.Path;
import org.tailjar.wireguard.Output;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.Session;

/**
 * What the first RX thread sends: WireGuard's own messages, and packets that waited for a session.
 */
final class Outgoing implements Output {

  /** How long packets that could be sealed wait for a way to their peer. */
  private static final long MOST_WAIT_NANOS = Duration.ofSeconds(10).toNanos();

  private static final long RETRY_NANOS = Duration.ofMillis(100).toNanos();

  /** Whose packets wait for a way although there is a session, and since when. */
  private final Map<PeerLink, Long> unrouted = new LinkedHashMap<>();

  /** Of some use only while there are such packets: RX comes by with every batch. */
  private long nextRetry;

  private final Paths paths;
  private final Sealer sealer;
  private final Counters counters;
  private @Nullable NodePublicKey unknownInitiator;

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
    if (peer.attachment() instanceof PeerLink link) {
      flush(link, peer, System.nanoTime());
    }
  }

  /**
   * Tries again what waits for a way to its peer, and drops what has waited too long.
   *
   * @return when to call this again at the latest
   */
  long retry(long now, long latest) {
    if (unrouted.isEmpty()) {
      return latest;
    }
    if (now - nextRetry < 0) {
      return Math.min(latest, nextRetry);
    }
    nextRetry = now + RETRY_NANOS;
    for (Map.Entry<PeerLink, Long> entry : List.copyOf(unrouted.entrySet())) {
      PeerLink link = entry.getKey();
      Peer peer = link.peer();
      if (peer == null || now - entry.getValue() >= MOST_WAIT_NANOS) {
        discard(link, Drop.OUT_NO_ROUTE);
      } else {
        flush(link, peer, now);
      }
    }
    return unrouted.isEmpty() ? latest : Math.min(latest, nextRetry);
  }

  private void flush(PeerLink link, Peer peer, long now) {
    StagedPackets staged = link.staged();
    synchronized (staged) {
      int count = staged.size();
      if (count == 0) {
        unrouted.remove(link);
        return;
      }
      Session session = peer.sending(now);
      Route route = session == null ? null : paths.route(link.endpoint());
      if (session == null || route == null) {
        if (unrouted.isEmpty()) {
          nextRetry = now + RETRY_NANOS;
        }
        unrouted.putIfAbsent(link, now);
        return;
      }
      MemorySegment memory = staged.memory();
      long bytes = 0;
      long sealed = 0;
      for (int i = 0; i < count; i++) {
        sealed += sealer.seal(session, route, memory, staged.offset(i), staged.length(i));
        bytes += staged.length(i);
      }
      sealer.batches().flush();
      counters.add(Counters.BYTES_OUT, bytes);
      peer.sent(now, count, sealed);
      staged.clear();
      unrouted.remove(link);
    }
  }

  @Override
  public void unknownInitiator(NodePublicKey key) {
    unknownInitiator = key;
  }

  /** Who sent an initiation since this was last asked and is no peer; null for nobody. */
  @Nullable NodePublicKey takeUnknownInitiator() {
    NodePublicKey key = unknownInitiator;
    unknownInitiator = null;
    return key;
  }

  @Override
  public void gaveUp(Peer peer) {
    if (peer.attachment() instanceof PeerLink link) {
      discard(link, Drop.OUT_NO_SESSION);
    }
  }

  /** Drops the packets that wait. */
  void discard(PeerLink link, Drop reason) {
    unrouted.remove(link);
    StagedPackets staged = link.staged();
    synchronized (staged) {
      if (!staged.isEmpty()) {
        counters.drop(reason, staged.size());
        staged.clear();
      }
    }
  }

  private @Nullable Route route(Peer peer) {
    return peer.attachment() instanceof PeerLink link ? paths.route(link.endpoint()) : null;
  }
}
