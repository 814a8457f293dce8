package org.tailjar.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Something that was changed in the network of this machine, by whomever. */
public sealed interface NetworkEvent {

  /** An interface was made, changed or removed. */
  record Link(int index, String name) implements NetworkEvent {}

  /** An interface was given an address, or has lost one. */
  record Address(int link) implements NetworkEvent {}

  /**
   * A route was added or removed.
   *
   * @param table number of the routing table
   * @param isDefault whether it leads everywhere
   */
  record Route(int table, boolean isDefault) implements NetworkEvent {}

  /** A rule of policy routing was added or removed. */
  record Rule(int priority) implements NetworkEvent {}

  /** So much has happened that the kernel could not tell it all: anything may have changed. */
  record Missed() implements NetworkEvent {}

  /** What a datagram tells that routing netlink sent to its multicast groups (rtnetlink(7)). */
  static List<NetworkEvent> parse(byte[] datagram, int length) {
    List<NetworkEvent> events = new ArrayList<>();
    try {
      for (NetlinkReply message : NetlinkReply.parse(datagram, length)) {
        parse(message, events);
      }
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      events.add(new Missed());
    }
    return events;
  }

  private static void parse(NetlinkReply message, List<NetworkEvent> into) {
    switch (message.type()) {
      case Netlink.RTM_NEWLINK, Netlink.RTM_DELLINK -> {
        byte[] name =
            message.attributes(Netlink.LINK_FIXED).getOrDefault(Netlink.IFLA_IFNAME, new byte[0]);
        into.add(new Link(message.body().getInt(4), NetlinkReply.string(name)));
      }
      case Netlink.RTM_NEWADDR, Netlink.RTM_DELADDR ->
          into.add(new Address(message.body().getInt(4)));
      case Netlink.RTM_NEWROUTE, Netlink.RTM_DELROUTE -> {
        Map<Integer, byte[]> attributes = message.attributes(Netlink.ROUTE_FIXED);
        int table =
            NetlinkReply.integer(attributes.get(Netlink.RTA_TABLE), message.body().get(4) & 0xff);
        into.add(new Route(table, message.body().get(1) == 0));
      }
      case Netlink.RTM_NEWRULE, Netlink.RTM_DELRULE ->
          into.add(
              new Rule(
                  NetlinkReply.integer(
                      message.attributes(Netlink.ROUTE_FIXED).get(Netlink.FRA_PRIORITY), 0)));
      default -> {
        // Neighbours and the like are not asked for.
      }
    }
  }
}
