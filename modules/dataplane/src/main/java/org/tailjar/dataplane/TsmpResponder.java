package org.tailjar.dataplane;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.tailjar.filter.PacketFilter;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.Checksum;
import org.tailjar.packet.IpPacket;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.Session;

/**
 * Answers the pings of TSMP, Tailscale's own protocol inside the tunnel: type {@code p} and eight
 * bytes become type {@code o}, the same bytes and the port of a peer API, which is 0 here for
 * "none". Other types are notices that need no answer. Owned by one RX thread.
 */
final class TsmpResponder {

  private static final int PING = 'p';
  private static final byte PONG = 'o';
  private static final int PING_LENGTH = 9;
  private static final int PONG_LENGTH = 11;
  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;
  private static final byte HOP_LIMIT = 64;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final Paths paths;
  private final Sealer sealer;
  private final MemorySegment answer = Arena.ofAuto().allocate(IPV6_HEADER + PONG_LENGTH, 8);

  TsmpResponder(Paths paths, Sealer sealer) {
    this.paths = paths;
    this.sealer = sealer;
  }

  /** Takes a TSMP packet of a peer that the filter let in. */
  void answer(PeerLink link, IpPacket ip, MemorySegment memory, long offset, long now) {
    long payload = offset + ip.headerLength();
    if (ip.isFragment()
        || ip.totalLength() - ip.headerLength() < PING_LENGTH
        || memory.get(ValueLayout.JAVA_BYTE, payload) != PING) {
      return;
    }
    int header = ip.isIpv4() ? ipv4Header(ip) : ipv6Header(ip);
    answer.set(ValueLayout.JAVA_BYTE, header, PONG);
    MemorySegment.copy(memory, payload + 1, answer, header + 1, PING_LENGTH - 1);
    answer.set(SHORT, header + PING_LENGTH, (short) 0);
    send(link, header + PONG_LENGTH, now);
  }

  private void send(PeerLink link, int length, long now) {
    Peer peer = link.peer();
    Session session = peer == null ? null : peer.sending(now);
    Route route = session == null ? null : paths.route(link.endpoint());
    if (session == null || route == null) {
      return;
    }
    int sealed = sealer.seal(session, route, answer, 0, length);
    sealer.batches().flush();
    session.peer().sent(now, 1, sealed);
  }

  private int ipv4Header(IpPacket ip) {
    answer.set(SHORT, 0, (short) 0x4500);
    answer.set(SHORT, 2, (short) (IPV4_HEADER + PONG_LENGTH));
    answer.set(INT, 4, 0);
    answer.set(ValueLayout.JAVA_BYTE, 8, HOP_LIMIT);
    answer.set(ValueLayout.JAVA_BYTE, 9, (byte) PacketFilter.TSMP);
    answer.set(SHORT, 10, (short) 0);
    answer.set(INT, 12, (int) ip.destinationLow());
    answer.set(INT, 16, (int) ip.sourceLow());
    answer.set(SHORT, 10, (short) Checksum.of(answer, 0, IPV4_HEADER));
    return IPV4_HEADER;
  }

  private int ipv6Header(IpPacket ip) {
    answer.set(INT, 0, 0x6000_0000);
    answer.set(SHORT, 4, (short) PONG_LENGTH);
    answer.set(ValueLayout.JAVA_BYTE, 6, (byte) PacketFilter.TSMP);
    answer.set(ValueLayout.JAVA_BYTE, 7, HOP_LIMIT);
    answer.set(LONG, 8, ip.destinationHigh());
    answer.set(LONG, 16, ip.destinationLow());
    answer.set(LONG, 24, ip.sourceHigh());
    answer.set(LONG, 32, ip.sourceLow());
    return IPV6_HEADER;
  }
}
