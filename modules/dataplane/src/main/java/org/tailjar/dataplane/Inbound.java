package org.tailjar.dataplane;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.filter.Flows;
import org.tailjar.filter.PacketFilter;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Coalescer;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.PacketWriter;
import org.tailjar.packet.Path;
import org.tailjar.wireguard.BatchOpener;
import org.tailjar.wireguard.Session;
import org.tailjar.wireguard.WireGuard;

/**
 * What an RX thread does with the batches that it receives: opens transport messages where they lie
 * and hands the packets to the device, merged. Everything that changes the state of WireGuard or of
 * the paths is for the {@link Owner}. Owned by one RX thread.
 */
final class Inbound {

  /** Who owns the state of WireGuard and of the paths. */
  interface Owner {

    /** A handshake message came. */
    void handshake(MemorySegment memory, int offset, int length, Path path, long now);

    /** An authentic message of this peer came by this path; told once for all in a batch. */
    void confirmed(PeerLink link, Path path, long now);

    /** A session was used, see {@link WireGuard#used}. */
    void used(Session session, long now);
  }

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final int FIRST_HANDSHAKE_TYPE = 1;
  private static final int LAST_HANDSHAKE_TYPE = 3;
  private static final int TRANSPORT_TYPE = 4;

  private final ReceiveSide side;
  private final WireGuard wireGuard;
  private final Flows flows;
  private final Owner owner;
  private final Counters counters;
  private final Faults faults;
  private final BatchOpener opener;
  private final Coalescer coalescer;
  private final TsmpResponder tsmp;
  private final Batch batch = new Batch(Arena.ofAuto());
  private final IpPacket ip = new IpPacket();

  /** The peer of the present batch that the owner was told of last. */
  private @Nullable PeerLink confirmed;

  /**
   * For an RX thread, to which everything but the shared side and the owner belongs.
   *
   * @param sealer for what is answered
   */
  Inbound(
      ReceiveSide side,
      Owner owner,
      PacketWriter writer,
      Flows flows,
      Sealer sealer,
      Counters counters,
      Faults faults) {
    this.side = side;
    this.owner = owner;
    this.flows = flows;
    this.counters = counters;
    this.faults = faults;
    wireGuard = side.wireGuard();
    opener = new BatchOpener(side.aead().context());
    coalescer = new Coalescer(new CountingWriter(writer, counters));
    tsmp = new TsmpResponder(side.paths(), sealer);
  }

  /** What is received into. */
  Batch batch() {
    return batch;
  }

  /** Takes what the batch was filled with. */
  void receive(long now) throws IOException {
    int count = batch.count();
    Path path = batch.path();
    if (path == null) {
      return;
    }
    counters.add(Counters.UDP_RECEIVES, batch.calls());
    counters.add(Counters.UDP_RECEIVED_PACKETS, count);
    confirmed = null;
    Links links = side.table().get();
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
        owner.handshake(memory, offset, length, path, now);
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
    try {
      opened(session, link, run, path, now);
    } catch (RuntimeException e) {
      faults.report(e);
    }
    for (int i = 0; i < run; i++) {
      try {
        deliver(link, batch.offset(index + i), opener.result(i), links, now);
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

  /** Says that messages of a session came, if any of them was authentic. */
  private void opened(Session session, PeerLink link, int run, Path path, long now) {
    int packets = 0;
    long bytes = 0;
    for (int i = 0; i < run; i++) {
      int result = opener.result(i);
      if (result >= 0) {
        packets += result > 0 ? 1 : 0;
        bytes += result + Session.OVERHEAD;
      }
    }
    if (bytes == 0) {
      return; // none was authentic: also a keepalive has a header and a tag
    }
    if (confirmed != link) {
      confirmed = link;
      owner.confirmed(link, path, now);
    }
    if (wireGuard.received(session, packets, bytes, now)) {
      owner.used(session, now);
    }
  }

  private void deliver(PeerLink link, int offset, int opened, Links links, long now)
      throws IOException {
    if (opened < 0) {
      counters.drop(Drop.IN_NOT_AUTHENTIC, 1);
      return;
    }
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
}
