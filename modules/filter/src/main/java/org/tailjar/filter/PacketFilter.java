package org.tailjar.filter;

import java.util.List;
import java.util.Set;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.IpPrefix;

/**
 * Decides which packets of peers come in. Immutable, so that the TX and RX threads may use it at
 * once; what changes from packet to packet lies in the {@link FlowTable}, which outlives any one
 * filter.
 *
 * <p>Replies to what this node started always come in: TCP by its flags, UDP and SCTP by the flow
 * table, ICMP by its type. Everything else needs a rule. A packet that is not for one of the local
 * networks never comes in.
 */
public final class PacketFilter {

  /** Tailscale's own messages inside the tunnel: pings and notices of refusal. */
  public static final int TSMP = 99;

  /**
   * Least offset of a fragment: what starts earlier could rewrite the transport header of the first
   * one, which the rules judged (RFC 1858). The longest IPv4 header and a TCP header.
   */
  private static final int LEAST_FRAGMENT_OFFSET = 80;

  /** 169.254.169.254, where clouds serve their metadata: the one link-local address let through. */
  private static final long CLOUD_METADATA = 0x0000_FFFF_A9FE_A9FEL;

  private static final int ICMP_ECHO_REPLY = 0;
  private static final int ICMP_UNREACHABLE = 3;
  private static final int ICMP_TIME_EXCEEDED = 11;
  private static final int ICMP_PARAMETER_PROBLEM = 12;
  private static final int ICMPV6_LAST_ERROR = 4;
  private static final int ICMPV6_ECHO_REPLY = 129;

  private static final PacketFilter DENY_ALL = compile(List.of(), List.of());

  private final AddressSet localNets;
  private final Match[] matches;

  private PacketFilter(AddressSet localNets, Match[] matches) {
    this.localNets = localNets;
    this.matches = matches;
  }

  /** One rule, ready to be asked. */
  private record Match(AddressSet sources, Protocols protocols, Target[] targets) {

    static Match of(FilterRule rule) {
      return new Match(
          AddressSet.of(rule.sources()),
          Protocols.of(rule.protocols()),
          rule.destinations().stream()
              .map(d -> new Target(AddressSet.of(d.addresses()), d.firstPort(), d.lastPort()))
              .toArray(Target[]::new));
    }
  }

  private record Target(AddressSet addresses, int firstPort, int lastPort) {}

  /** A set of IP protocol numbers, one bit each. */
  private record Protocols(long bits0, long bits64, long bits128, long bits192) {

    static Protocols of(Set<Integer> numbers) {
      long[] bits = new long[4];
      for (int number : numbers) {
        bits[number >>> 6] |= 1L << number;
      }
      return new Protocols(bits[0], bits[1], bits[2], bits[3]);
    }

    boolean contains(int number) {
      long bits =
          switch (number >>> 6) {
            case 0 -> bits0;
            case 1 -> bits64;
            case 2 -> bits128;
            default -> bits192;
          };
      return (bits >>> number & 1) != 0;
    }
  }

  /**
   * Prepares rules.
   *
   * @param rules what peers may reach; none means that nothing new comes in
   * @param localNets this node's own addresses and the networks that it stands for
   */
  public static PacketFilter compile(List<FilterRule> rules, List<IpPrefix> localNets) {
    List<AddressRange> local =
        localNets.stream().flatMap(net -> AddressRange.of(net).stream()).toList();
    return new PacketFilter(
        AddressSet.of(local), rules.stream().map(Match::of).toArray(Match[]::new));
  }

  /** Lets nothing in, not even replies: how a node starts that has no network map yet. */
  public static PacketFilter denyAll() {
    return DENY_ALL;
  }

  /**
   * Whether a packet of a peer comes in. RX thread; the caller has checked that the source address
   * belongs to the peer.
   */
  public boolean inbound(IpPacket packet, Flows flows) {
    if (!wellFormed(packet)
        || !localNets.contains(packet.destinationHigh(), packet.destinationLow())) {
      return false;
    }
    if (packet.fragmentOffset() != 0) {
      return true; // no ports; of no use without the first fragment, which the rules judge
    }
    return switch (packet.protocol()) {
      case IpPacket.TCP ->
          (packet.tcpFlags() & (IpPacket.SYN | IpPacket.ACK)) != IpPacket.SYN || matches(packet);
      case IpPacket.UDP, IpPacket.SCTP ->
          flows.isReply(
                  packet.protocol(),
                  packet.sourceHigh(),
                  packet.sourceLow(),
                  packet.sourcePort(),
                  packet.destinationHigh(),
                  packet.destinationLow(),
                  packet.destinationPort())
              || matches(packet);
      case IpPacket.ICMP ->
          packet.isIpv4() && (isIcmpReplyOrError(packet.icmpType()) || matchesAddresses(packet));
      case IpPacket.ICMPV6 ->
          !packet.isIpv4() && (isIcmpv6ReplyOrError(packet.icmpType()) || matchesAddresses(packet));
      case TSMP -> true;
      default -> matchesWithoutPorts(packet);
    };
  }

  /**
   * Whether a packet of this node goes out; remembers the flow whose replies come in. The table's
   * TX thread. All packets of a super-packet are of one flow, so one call serves them all.
   */
  public boolean outbound(IpPacket packet, FlowTable flows) {
    if (!wellFormed(packet)) {
      return false;
    }
    int protocol = packet.protocol();
    if ((protocol == IpPacket.UDP || protocol == IpPacket.SCTP) && packet.fragmentOffset() == 0) {
      flows.record(
          protocol,
          packet.sourceHigh(),
          packet.sourceLow(),
          packet.sourcePort(),
          packet.destinationHigh(),
          packet.destinationLow(),
          packet.destinationPort());
    }
    return true;
  }

  /** What is asked of packets of either direction. */
  private static boolean wellFormed(IpPacket packet) {
    long high = packet.destinationHigh();
    long low = packet.destinationLow();
    if (packet.isIpv4()) {
      int address = (int) low;
      boolean multicast = address >>> 28 == 0xE;
      boolean linkLocal = address >>> 16 == 0xA9FE && low != CLOUD_METADATA;
      if (multicast || linkLocal) {
        return false;
      }
    } else {
      boolean multicast = high >>> 56 == 0xFF;
      boolean linkLocal = high >>> 54 == 0x3FA; // fe80::/10
      // An IPv6 header with a v4-mapped address would pass for the IPv4 node of that address.
      if (multicast
          || linkLocal
          || IpPrefix.isIpv4(high, low)
          || IpPrefix.isIpv4(packet.sourceHigh(), packet.sourceLow())) {
        return false;
      }
    }
    return packet.fragmentOffset() == 0
        ? packet.hasTransportHeader()
        : packet.fragmentOffset() >= LEAST_FRAGMENT_OFFSET;
  }

  private static boolean isIcmpReplyOrError(int type) {
    return type == ICMP_ECHO_REPLY
        || type == ICMP_UNREACHABLE
        || type == ICMP_TIME_EXCEEDED
        || type == ICMP_PARAMETER_PROBLEM;
  }

  private static boolean isIcmpv6ReplyOrError(int type) {
    return type == ICMPV6_ECHO_REPLY || (type >= 1 && type <= ICMPV6_LAST_ERROR);
  }

  private boolean matches(IpPacket packet) {
    int port = packet.destinationPort();
    for (Match match : matches) {
      if (match.protocols.contains(packet.protocol())
          && match.sources.contains(packet.sourceHigh(), packet.sourceLow())) {
        for (Target target : match.targets) {
          if (port >= target.firstPort
              && port <= target.lastPort
              && target.addresses.contains(packet.destinationHigh(), packet.destinationLow())) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /**
   * A peer that may reach any port of an address may ping it, whatever the protocol of the rule.
   */
  private boolean matchesAddresses(IpPacket packet) {
    for (Match match : matches) {
      if (match.sources.contains(packet.sourceHigh(), packet.sourceLow())) {
        for (Target target : match.targets) {
          if (target.addresses.contains(packet.destinationHigh(), packet.destinationLow())) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** A protocol without ports needs a rule that names it and leaves no port out. */
  private boolean matchesWithoutPorts(IpPacket packet) {
    for (Match match : matches) {
      if (match.protocols.contains(packet.protocol())
          && match.sources.contains(packet.sourceHigh(), packet.sourceLow())) {
        for (Target target : match.targets) {
          if (target.firstPort == 0
              && target.lastPort == 65_535
              && target.addresses.contains(packet.destinationHigh(), packet.destinationLow())) {
            return true;
          }
        }
      }
    }
    return false;
  }
}
