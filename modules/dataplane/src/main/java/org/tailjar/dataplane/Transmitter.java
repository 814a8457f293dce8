package org.tailjar.dataplane;

import java.io.IOException;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.dataplane.OutBatches.Turn;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.filter.FlowTable;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.PacketQueue;
import org.tailjar.packet.Path;
import org.tailjar.packet.Segmenter;
import org.tailjar.packet.SuperPacket;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.Session;

/**
 * A TX thread: reads super-packets from a queue of the device until there is none, splits each into
 * batches, seals and sends those that are full; what is left goes before it waits for the queue
 * again. There is one for each queue; since the packets of a flow all come by the same queue, no
 * other thread can change their order.
 */
final class Transmitter {

  /** Most peers whose packets are batched at once when they come interleaved. */
  private static final int OPEN_BATCHES = 8;

  /** Reads after which open batches go even if there is more to read, so that none waits long. */
  private static final int BURST = 64;

  /** What a TX thread asks of others. */
  interface Requests {

    /** Has the first RX thread start a handshake. */
    void handshake(PeerLink link);

    /** The table in force. */
    Links links();

    /** The service that this process offers to its own system, null for none. */
    @Nullable ServiceTurn service();

    /** Whether the thread is to end. */
    boolean isClosed();
  }

  private final PacketQueue queue;
  private final Paths paths;
  private final Turn turn;
  private final FlowTable flows;
  private final Staging staging;
  private final Requests requests;
  private final Counters counters;
  private final Sealer sealer;
  private final int mtu;
  private final SuperPacket packet;
  private final IpPacket ip = new IpPacket();
  private final Segmenter segmenter = new Segmenter();
  private final Faults faults = new Faults();

  /**
   * A TX thread that is yet to run.
   *
   * @param turn which of the TX threads it is
   * @param flows its own
   * @param counters its own
   */
  Transmitter(
      PacketQueue queue,
      int mtu,
      Paths paths,
      Aead aead,
      Turn turn,
      FlowTable flows,
      Staging staging,
      Counters counters,
      Requests requests) {
    this.queue = queue;
    this.mtu = mtu;
    this.paths = paths;
    this.turn = turn;
    this.flows = flows;
    this.staging = staging;
    this.requests = requests;
    this.counters = counters;
    Arena arena = Arena.ofAuto();
    packet = new SuperPacket(arena);
    sealer =
        new Sealer(new OutBatches(paths, counters, arena, aead.context(), turn, OPEN_BATCHES), mtu);
  }

  /** Runs until closed. */
  void run() throws IOException {
    while (!requests.isClosed()) {
      int reads = 0;
      while (reads < BURST && queue.read(packet)) {
        reads++;
        try {
          transmit(System.nanoTime());
        } catch (RuntimeException e) {
          sealer.batches().discard();
          faults.report(e); // such as a key that was overwritten while this thread stood still
        }
      }
      flush();
      if (reads < BURST && !requests.isClosed()) {
        queue.awaitReadable(-1);
      }
    }
  }

  private void flush() {
    try {
      sealer.batches().flush();
    } catch (RuntimeException e) {
      faults.report(e);
    }
  }

  private void transmit(long now) throws IOException {
    counters.add(Counters.TUN_READS, 1);
    segmenter.start(packet);
    int count = segmenter.count();
    counters.add(Counters.TUN_READ_PACKETS, Math.max(1, count));
    if (count == 0 || !ip.wrap(packet.memory(), packet.start(), packet.length())) {
      counters.drop(Drop.OUT_MALFORMED, 1);
      return;
    }
    ServiceTurn service = requests.service();
    if (service != null && service.turn(packet, ip)) {
      writeBack(count);
      return;
    }
    Links links = requests.links();
    if (!links.filter().outbound(ip, flows)) {
      counters.drop(Drop.OUT_FILTERED, count);
      return;
    }
    PeerLink link = links.allowedIps().lookup(ip.destinationHigh(), ip.destinationLow());
    if (link == null) {
      counters.drop(Drop.OUT_NO_PEER, count);
      return;
    }
    if (segmenter.longest() > mtu) {
      counters.drop(Drop.OUT_TOO_LONG, count);
      return;
    }
    Session session = ready(link, now);
    if (session == null) {
      session = readyOrStaged(link, now);
    }
    if (session != null) {
      send(link, session, count, now);
    }
    Peer peer = link.peer();
    if (peer != null && peer.wantsHandshake(now)) {
      requests.handshake(link);
    }
  }

  private void writeBack(int count) throws IOException {
    counters.add(Counters.TUN_WRITES, 1);
    counters.add(Counters.TUN_WRITTEN_PACKETS, count);
    queue.writeBack(packet);
  }

  /** A session to send on, if none of the peer's packets waits for one. */
  private static @Nullable Session ready(PeerLink link, long now) {
    Peer peer = link.peer();
    return peer == null || !link.staged().isEmpty() ? null : peer.sending(now);
  }

  /** See {@link StagedPackets}. */
  private @Nullable Session readyOrStaged(PeerLink link, long now) {
    StagedPackets staged = link.staged();
    int pushedOut = staging.makeRoom(staged);
    if (pushedOut > 0) {
      counters.drop(Drop.OUT_STAGING_FULL, pushedOut);
    }
    synchronized (staged) {
      Session session = ready(link, now);
      if (session != null) {
        return session;
      }
      boolean first = staged.isEmpty();
      while (segmenter.next()) {
        if (!staged.add(packet.memory(), segmenter.offset(), segmenter.length())) {
          counters.drop(Drop.OUT_STAGING_FULL, 1);
        }
      }
      staging.waiting(staged, first);
      return null;
    }
  }

  private void send(PeerLink link, Session session, int count, long now) {
    Route route = paths.route(link.endpoint());
    if (route == null) {
      counters.drop(Drop.OUT_NO_ROUTE, count);
      return;
    }
    Path last = link.lastPath(turn.number());
    if (last != route.first()) {
      if (last != null) {
        sealer.batches().flush(last); // or the packets on the new path might overtake those
      }
      link.lastPath(turn.number(), route.first());
    }
    long bytes = 0;
    long sealed = 0;
    while (segmenter.next()) {
      int length = segmenter.length();
      sealed += sealer.seal(session, route, packet.memory(), segmenter.offset(), length);
      bytes += length;
    }
    counters.add(Counters.BYTES_OUT, bytes);
    session.peer().sent(now, count, sealed);
  }
}
