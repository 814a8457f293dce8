package org.tailjar.linux;

import java.util.Map;
import org.tailjar.packet.IpPrefix;

/** Messages about routes: a {@code struct rtmsg}, then attributes (rtnetlink(7)). */
final class RouteMessage {

  static final int RTM_NEWROUTE = 24;
  static final int RTM_DELROUTE = 25;
  private static final int RTM_GETROUTE = 26;

  private static final int FIXED = 12;
  private static final int DESTINATION_LENGTH = 1;
  private static final int TABLE = 4;
  private static final int TYPE = 7;

  private static final int RTA_DST = 1;
  private static final int RTA_OIF = 4;
  private static final int RTA_TABLE = 15;
  private static final int RTPROT_UNSPEC = 0;
  private static final int RTPROT_STATIC = 4;

  private RouteMessage() {}

  static NetlinkMessage list(boolean ipv4) {
    return new NetlinkMessage(RTM_GETROUTE, NetlinkMessage.DUMP)
        .putByte(NetlinkMessage.family(ipv4))
        .putByte(0)
        .putShort(0)
        .putInt(0)
        .putInt(0);
  }

  static NetlinkMessage add(IpRoute route) {
    return message(RTM_NEWROUTE, NetlinkMessage.ADD, RTPROT_STATIC, route);
  }

  static NetlinkMessage remove(IpRoute route) {
    return message(RTM_DELROUTE, NetlinkMessage.ACKNOWLEDGE, RTPROT_UNSPEC, route);
  }

  private static NetlinkMessage message(int type, int flags, int protocol, IpRoute route) {
    IpPrefix destination = route.destination();
    boolean ipv4 = destination.isIpv4();
    boolean onLink = route.action() == IpRoute.Action.LINK && ipv4;
    NetlinkMessage message =
        new NetlinkMessage(type, flags)
            .putByte(NetlinkMessage.family(ipv4))
            .putByte(destination.bits())
            .putByte(0)
            .putByte(0)
            .putByte(0)
            .putByte(protocol)
            .putByte(onLink ? NetlinkMessage.SCOPE_LINK : NetlinkMessage.SCOPE_UNIVERSE)
            .putByte(route.action().type())
            .putInt(0)
            .attribute(RTA_TABLE, route.table());
    if (destination.bits() > 0) {
      message.attribute(RTA_DST, destination.high(), destination.low());
    }
    if (route.link() != 0) {
      message.attribute(RTA_OIF, route.link());
    }
    return message;
  }

  /** The route that a {@link #RTM_NEWROUTE} describes. */
  static IpRoute route(NetlinkReply reply) {
    Map<Integer, byte[]> attributes = reply.attributes(FIXED);
    byte[] raw =
        attributes.getOrDefault(RTA_DST, new byte[reply.family() == UdpAddress.AF_INET ? 4 : 16]);
    IpRoute.Action action = IpRoute.Action.of(reply.unsignedByte(TYPE));
    // The kernel shows IPv6 routes that lead nowhere as leading to the loopback interface.
    int link =
        action == IpRoute.Action.THROW ? 0 : NetlinkReply.integer(attributes.get(RTA_OIF), 0);
    return new IpRoute(
        new IpPrefix(
            NetlinkReply.high(raw), NetlinkReply.low(raw), reply.unsignedByte(DESTINATION_LENGTH)),
        table(reply),
        action,
        link);
  }

  /** The number of the routing table that has the route. */
  static int table(NetlinkReply reply) {
    return NetlinkReply.integer(reply.attributes(FIXED).get(RTA_TABLE), reply.unsignedByte(TABLE));
  }

  /** Whether the route leads everywhere. */
  static boolean isDefault(NetlinkReply reply) {
    return reply.unsignedByte(DESTINATION_LENGTH) == 0;
  }
}
