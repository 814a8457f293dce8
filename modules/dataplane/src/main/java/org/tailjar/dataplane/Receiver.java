package org.tailjar.dataplane;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.filter.Flows;
import org.tailjar.filter.PacketFilter;
import org.tailjar.magicsock.Paths;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Coalescer;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.PacketDevice;
import org.tailjar.packet.Path;
import org.tailjar.wireguard.BatchOpener;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.Session;
import org.tailjar.wireguard.WireGuard;

/**
 * The RX thread: receives batches, opens transport messages where they lie and hands the packets to
 * the device, merged. It owns the whole state of WireGuard, so handshake messages, timers and the
 * work of the {@link Inbox} run here as well.
 */
final class Receiver {

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final int FIRST_HANDSHAKE_TYPE = 1;
  private static final int LAST_HANDSHAKE_TYPE = 3;
  private static final int TRANSPORT_TYPE = 4;

  /** Faults of the paths, one right after the other, that end the thread. */
  private static final int MAX_FAULTS_IN_A_ROW = 100;

  private final Paths paths;
  private final WireGuard wireGuard;
  private final Flows flows;
  private final Inbox inbox;
  private final Supplier<Links> table;
  private final BooleanSupplier closed;
  private final Counters counters;
  private final BatchOpener opener;
  private final Coalescer coalescer;
  private final Outgoing outgoing;
  private final TsmpResponder tsmp;
  private final Batch batch;
  private final IpPacket ip = new IpPacket();
  private final Faults faults = new Faults();
  private final EarlyInitiations early = new EarlyInitiations();
  private int faultsInARow;

  /** The peer of the present batch that the paths were told of last. */
  private @Nullable PeerLink confirmed;

  Receiver(
      PacketDevice device,
      Paths paths,
      WireGuard wireGuard,
      Aead aead,
      Flows flows,
      Counters counters,
      Inbox inbox,
      Supplier<Links> table,
      BooleanSupplier closed) {
    this.paths = paths;
    this.wireGuard = wireGuard;
    this.flows = flows;
    this.counters = counters;
    this.inbox = inbox;
    this.table = table;
    this.closed = closed;
    opener = new BatchOpener(aead.context());
    coalescer = new Coalescer(new CountingDevice(device, counters));
    Arena arena = Arena.ofAuto();
    batch = new Batch(arena);
    Sealer sealer =
        new Sealer(
            new OutBatches(paths, counters, arena, aead.context(), OutBatches.Turn.ALONE, 1),
            device.mtu());
    outgoing = new Outgoing(paths, sealer, counters);
    tsmp = new TsmpResponder(outgoing);
  }

  /** Runs until closed. */
  void run() throws IOException {
    while (!closed.getAsBoolean()) {
      boolean received = receiveBatch();
      // First what was asked for before the messages came: a new peer's may be among them.
      inbox.drain(faults);
      if (received) {
        receive(System.nanoTime());
      }
    }
  }

  private boolean receiveBatch() throws IOException {
    try {
      boolean received = paths.receive(batch, advance());
      faultsInARow = 0;
      return received;
    } catch (RuntimeException e) {
      faultsInARow++;
      if (faultsInARow == MAX_FAULTS_IN_A_ROW) {
        throw e; // they do not work any more
      }
      faults.report(e);
      return false;
    }
  }

  private long advance() {
    long now = System.nanoTime();
    try {
      return outgoing.retry(now, wireGuard.advance(now, outgoing));
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

  /** Starts a handshake with a peer that there is a session with; run from the inbox. */
  void renew(PeerLink link) {
    Peer peer = link.peer();
    if (peer != null && peer.sending(System.nanoTime()) != null) {
      handshake(link);
    }
  }

  private void receive(long now) throws IOException {
    int count = batch.count();
    Path path = batch.path();
    if (path == null) {
      return;
    }
    counters.add(Counters.UDP_RECEIVES, batch.calls());
    counters.add(Counters.UDP_RECEIVED_PACKETS, count);
    confirmed = null;
    Links links = table.get();
    MemorySegment memory = batch.memory();
    for (int i = 0; i < count; ) {
      try {
        i += messages(memory, i, path, links, now);
      } catch (RuntimeException e) {
        i++;
        faults.report(e); // one message must not end the tunnel of all peers
      }
    }
    coalescer.flush();
  }

  /**
   * Takes the message at an index, and with it those behind it that are for the same session.
   *
   * @return how many
   */
  private int messages(MemorySegment memory, int index, Path path, Links links, long now)
      throws IOException {
    int offset = batch.offset(index);
    int length = batch.length(index);
    int type = length < Integer.BYTES ? 0 : memory.get(INT, offset);
    if (type != TRANSPORT_TYPE) {
      if (type >= FIRST_HANDSHAKE_TYPE && type <= LAST_HANDSHAKE_TYPE) {
        handshake(memory, offset, length, path, now);
      } else {
        counters.drop(Drop.IN_UNKNOWN, 1);
      }
      return 1;
    }
    Session session =
        length < Session.OVERHEAD ? null : wireGuard.session(memory.get(INT, offset + 4));
    if (session == null || !(session.peer().attachment() instanceof PeerLink link)) {
      counters.drop(Drop.IN_UNKNOWN, 1);
      return 1;
    }
    int run = run(memory, index);
    int last = batch.length(index + run - 1);
    opener.open(session, memory, offset, batch.stride(), length, last, run, now);
    for (int i = 0; i < run; i++) {
      try {
        opened(session, link, batch.offset(index + i), opener.result(i), path, links, now);
      } catch (RuntimeException e) {
        faults.report(e);
      }
    }
    return run;
  }

  /** How many transport messages with the same receiver index lie one behind the other. */
  private int run(MemorySegment memory, int index) {
    long head = memory.get(LONG, batch.offset(index));
    int most = Math.min(batch.count() - index, BatchOpener.MOST_MESSAGES);
    int run = 1;
    while (run < most
        && batch.length(index + run) >= Session.OVERHEAD
        && memory.get(LONG, batch.offset(index + run)) == head) {
      run++;
    }
    return run;
  }

  private void handshake(MemorySegment memory, int offset, int length, Path path, long now) {
    Peer peer = wireGuard.handshake(memory, offset, length, path, now, outgoing);
    NodePublicKey unknown = outgoing.takeUnknownInitiator();
    if (peer != null && peer.attachment() instanceof PeerLink link) {
      confirm(link, path);
    } else if (unknown != null) {
      early.add(unknown, memory, offset, length, path, now);
    }
  }

  private void opened(
      Session session, PeerLink link, int offset, int opened, Path path, Links links, long now)
      throws IOException {
    if (opened < 0) {
      counters.drop(Drop.IN_NOT_AUTHENTIC, 1);
      return;
    }
    confirm(link, path);
    wireGuard.opened(session, opened, now, outgoing);
    if (opened == 0) {
      return; // a keepalive
    }
    MemorySegment memory = batch.memory();
    long start = (long) offset + Session.HEADER_LENGTH;
    if (!ip.wrap(memory, start, opened)) {
      counters.drop(Drop.IN_MALFORMED, 1);
    } else if (links.allowedIps().lookup(ip.sourceHigh(), ip.sourceLow()) != link) {
      counters.drop(Drop.IN_WRONG_SOURCE, 1);
    } else if (!links.filter().inbound(ip, flows)) {
      counters.drop(Drop.IN_FILTERED, 1);
    } else if (ip.protocol() == PacketFilter.TSMP) {
      tsmp.answer(link, ip, memory, start, now); // the kernel does not know the protocol
    } else {
      // The length that was opened has padding in it; the packet knows its own.
      counters.add(Counters.BYTES_IN, ip.totalLength());
      coalescer.add(memory, start, ip.totalLength());
    }
  }

  private void confirm(PeerLink link, Path path) {
    if (confirmed != link) {
      confirmed = link;
      paths.confirmed(link.endpoint(), path);
    }
  }
}
