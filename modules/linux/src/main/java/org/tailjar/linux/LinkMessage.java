package org.tailjar.linux;

import java.util.Map;

/** Messages about interfaces: a {@code struct ifinfomsg}, then attributes (rtnetlink(7)). */
final class LinkMessage {

  static final int RTM_NEWLINK = 16;
  static final int RTM_DELLINK = 17;
  private static final int RTM_GETLINK = 18;

  private static final int FIXED = 16;
  private static final int INDEX = 4;
  private static final int FLAGS = 8;

  private static final int IFF_UP = 1;
  private static final int IFF_RUNNING = 0x40;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;
  private static final int IFLA_TXQLEN = 13;

  private LinkMessage() {}

  static NetlinkMessage find(String name) {
    return message(RTM_GETLINK, NetlinkMessage.ACKNOWLEDGE, 0, 0, 0).attribute(IFLA_IFNAME, name);
  }

  static NetlinkMessage list() {
    return message(RTM_GETLINK, NetlinkMessage.DUMP, 0, 0, 0);
  }

  static NetlinkMessage setUp(int link, boolean up) {
    return message(RTM_NEWLINK, NetlinkMessage.ACKNOWLEDGE, link, up ? IFF_UP : 0, IFF_UP);
  }

  static NetlinkMessage setMtu(int link, int mtu) {
    return change(RTM_NEWLINK, link).attribute(IFLA_MTU, mtu);
  }

  static NetlinkMessage setTransmitQueueLength(int link, int packets) {
    return change(RTM_NEWLINK, link).attribute(IFLA_TXQLEN, packets);
  }

  static NetlinkMessage remove(int link) {
    return change(RTM_DELLINK, link);
  }

  private static NetlinkMessage change(int type, int link) {
    return message(type, NetlinkMessage.ACKNOWLEDGE, link, 0, 0);
  }

  private static NetlinkMessage message(int type, int flags, int index, int state, int change) {
    return new NetlinkMessage(type, flags)
        .putShort(0)
        .putShort(0)
        .putInt(index)
        .putInt(state)
        .putInt(change);
  }

  /** The interface that a {@link #RTM_NEWLINK} describes. */
  static NetworkLink link(NetlinkReply reply) {
    Map<Integer, byte[]> attributes = reply.attributes(FIXED);
    int flags = reply.body().getInt(FLAGS);
    return new NetworkLink(
        index(reply),
        name(attributes),
        NetlinkReply.integer(attributes.get(IFLA_MTU), 0),
        (flags & IFF_UP) != 0,
        (flags & IFF_RUNNING) != 0,
        NetlinkReply.integer(attributes.get(IFLA_TXQLEN), 0));
  }

  static int index(NetlinkReply reply) {
    return reply.body().getInt(INDEX);
  }

  static String name(NetlinkReply reply) {
    return name(reply.attributes(FIXED));
  }

  private static String name(Map<Integer, byte[]> attributes) {
    return NetlinkReply.string(attributes.getOrDefault(IFLA_IFNAME, new byte[0]));
  }
}
