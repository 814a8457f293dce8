package org.tailjar.dataplane;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.filter.Flows;
import org.tailjar.packet.Path;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.Session;
import org.tailjar.wireguard.WireGuard;

/**
 * The first RX thread. It owns the whole state of WireGuard and of the paths, so handshake
 * messages, timers and the work of the {@link Inbox} run here as well as what {@link Inbound} does.
 */
final class Receiver implements Inbound.Owner {

  /**
   * So many handshakes are begun at once and not again for a while, when many peers start anew
   * together: a fifth of this thread's time at most.
   */
  private static final int RENEWALS_AT_ONCE = 4;

  private static final long RENEWAL_NANOS = Duration.ofMillis(5).toNanos();

  private final ReceiveSide side;
  private final WireGuard wireGuard;
  private final Inbox inbox;
  private final Outgoing outgoing;
  private final Inbound inbound;
  private final Faults faults = new Faults();
  private final EarlyInitiations early = new EarlyInitiations();
  private final QueueReader reader;
  private final Set<PeerLink> renewals = new LinkedHashSet<>();
  private long nextRenewal;

  /**
   * An RX thread that is yet to run.
   *
   * @param flows as this thread may ask them
   * @param counters its own
   */
  Receiver(ReceiveSide side, Inbox inbox, Flows flows, Counters counters) {
    this.side = side;
    this.inbox = inbox;
    wireGuard = side.wireGuard();
    reader = new QueueReader(side.paths(), faults);
    Sealer sealer = Sealer.ofReceiver(side, counters);
    outgoing = new Outgoing(side.paths(), sealer, counters);
    inbound = new Inbound(side, this, side.device(), flows, sealer, counters, faults);
  }

  /** Runs until closed. */
  void run() throws IOException {
    while (!side.closed().getAsBoolean()) {
      boolean received = reader.receive(inbound.batch(), advance());
      // First what was asked for before the messages came: a new peer's may be among them.
      inbox.drain(faults);
      if (received) {
        inbound.receive(System.nanoTime());
      }
    }
  }

  private long advance() {
    long now = System.nanoTime();
    try {
      renewSome(now); // first, since WireGuard has timers for what that begins
      long latest = outgoing.retry(now, wireGuard.advance(now, outgoing));
      return renewals.isEmpty() ? latest : Math.min(latest, nextRenewal);
    } catch (RuntimeException e) {
      faults.report(e);
      return now;
    }
  }

  /** Makes peers known to WireGuard and forgets others; run from the inbox. */
  void change(Collection<PeerLink> removed, Collection<PeerLink> added) {
    for (PeerLink link : removed) {
      Peer peer = link.peer();
      if (peer != null) {
        wireGuard.remove(peer);
        renewals.remove(link);
        link.peer(null);
      }
      outgoing.discard(link, Drop.OUT_NO_SESSION);
    }
    for (PeerLink link : added) {
      Peer peer = wireGuard.add(link.key(), null);
      peer.attach(link);
      link.peer(peer);
      EarlyInitiations.Waiting waiting = early.take(link.key(), System.nanoTime());
      if (waiting != null) {
        MemorySegment message = MemorySegment.ofArray(waiting.message());
        handshake(message, 0, waiting.message().length, waiting.path(), System.nanoTime());
      } else if (!link.staged().isEmpty()) {
        handshake(link);
      }
    }
  }

  /** Starts a handshake; run from the inbox. */
  void handshake(PeerLink link) {
    Peer peer = link.peer();
    if (peer != null) {
      wireGuard.initiate(peer, System.nanoTime(), outgoing);
    }
  }

  /** Has a handshake started with a peer that there is a session with; run from the inbox. */
  void renew(PeerLink link) {
    if (renewals.isEmpty()) {
      nextRenewal = System.nanoTime();
    }
    renewals.add(link);
  }

  private void renewSome(long now) {
    if (renewals.isEmpty() || now - nextRenewal < 0) {
      return;
    }
    nextRenewal = now + RENEWAL_NANOS;
    Iterator<PeerLink> next = renewals.iterator();
    for (int i = 0; i < RENEWALS_AT_ONCE && next.hasNext(); i++) {
      PeerLink link = next.next();
      next.remove();
      Peer peer = link.peer();
      if (peer != null && peer.sending(now) != null) {
        handshake(link);
      }
    }
  }

  @Override
  public void handshake(MemorySegment memory, int offset, int length, Path path, long now) {
    Peer peer = wireGuard.handshake(memory, offset, length, path, now, outgoing);
    NodePublicKey unknown = outgoing.takeUnknownInitiator();
    if (peer != null && peer.attachment() instanceof PeerLink link) {
      confirmed(link, path, now);
    } else if (unknown != null) {
      early.add(unknown, memory, offset, length, path, now);
    }
  }

  @Override
  public void used(Session session, long now) {
    wireGuard.used(session, now, outgoing);
  }

  @Override
  public void confirmed(PeerLink link, Path path, long now) {
    side.paths().confirmed(link.endpoint(), path);
  }
}
