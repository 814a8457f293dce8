package org.tailjar.linux;

import java.util.ArrayList;
import java.util.List;

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
      case LinkMessage.RTM_NEWLINK, LinkMessage.RTM_DELLINK ->
          into.add(new Link(LinkMessage.index(message), LinkMessage.name(message)));
      case AddressMessage.RTM_NEWADDR, AddressMessage.RTM_DELADDR ->
          into.add(new Address(AddressMessage.link(message)));
      case RouteMessage.RTM_NEWROUTE, RouteMessage.RTM_DELROUTE ->
          into.add(new Route(RouteMessage.table(message), RouteMessage.isDefault(message)));
      case RuleMessage.RTM_NEWRULE, RuleMessage.RTM_DELRULE ->
          into.add(new Rule(RuleMessage.priority(message)));
      default -> {
        // Neighbours and the like are not asked for.
      }
    }
  }
}
