package org.tailjar.linux;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Interfaces, addresses, routes and rules of the network namespace in which it was opened, by
 * routing netlink (rtnetlink(7)). Safe for use by several threads.
 *
 * <p>Adding what exists fails with {@link Errno#EEXIST}, so nothing is ever doubled; removing what
 * does not exist fails with {@link Errno#ESRCH}, {@link Errno#ENOENT} or {@link
 * Errno#EADDRNOTAVAIL}.
 */
public final class Netlink implements AutoCloseable {

  private final NetlinkSocket socket;

  private Netlink(NetlinkSocket socket) {
    this.socket = socket;
  }

  /**
   * Opens a connection to the kernel.
   *
   * @throws LinuxException when the kernel refuses
   */
  public static Netlink open() throws LinuxException {
    return new Netlink(new NetlinkSocket());
  }

  /**
   * The interface of that name, if there is one.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public Optional<NetworkLink> link(String name) throws ClosedDescriptorException, LinuxException {
    try {
      for (NetlinkReply reply :
          socket.request(LinkMessage.find(name), "find the interface " + name)) {
        if (reply.type() == LinkMessage.RTM_NEWLINK) {
          return Optional.of(LinkMessage.link(reply));
        }
      }
      return Optional.empty();
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENODEV) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * All interfaces.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public List<NetworkLink> links() throws ClosedDescriptorException, LinuxException {
    return socket.request(LinkMessage.list(), "list interfaces").stream()
        .filter(reply -> reply.type() == LinkMessage.RTM_NEWLINK)
        .map(LinkMessage::link)
        .toList();
  }

  /**
   * Switches an interface on or off.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void setUp(int link, boolean up) throws ClosedDescriptorException, LinuxException {
    socket.request(LinkMessage.setUp(link, up), "switch the interface " + (up ? "on" : "off"));
  }

  /**
   * Sets the largest packet of an interface, in bytes.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void setMtu(int link, int mtu) throws ClosedDescriptorException, LinuxException {
    socket.request(LinkMessage.setMtu(link, mtu), "set the MTU to " + mtu);
  }

  /**
   * Sets how many packets the queue of an interface holds.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void setTransmitQueueLength(int link, int packets)
      throws ClosedDescriptorException, LinuxException {
    socket.request(
        LinkMessage.setTransmitQueueLength(link, packets), "set the transmit queue length");
  }

  /**
   * Removes an interface.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void removeLink(int link) throws ClosedDescriptorException, LinuxException {
    socket.request(LinkMessage.remove(link), "remove the interface");
  }

  /**
   * The addresses of an interface, both families.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public List<LinkAddress> addresses(int link) throws ClosedDescriptorException, LinuxException {
    return addresses().getOrDefault(link, List.of());
  }

  /**
   * The addresses of every interface, by its number.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public Map<Integer, List<LinkAddress>> addresses()
      throws ClosedDescriptorException, LinuxException {
    Map<Integer, List<LinkAddress>> addresses = new HashMap<>();
    for (NetlinkReply reply : socket.request(AddressMessage.list(), "list addresses")) {
      if (reply.type() == AddressMessage.RTM_NEWADDR) {
        AddressMessage.address(reply)
            .ifPresent(
                address ->
                    addresses
                        .computeIfAbsent(AddressMessage.link(reply), link -> new ArrayList<>())
                        .add(address));
      }
    }
    return addresses;
  }

  /**
   * Gives an interface an address.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses; {@link Errno#EACCES} when IPv6 is switched off
   *     on the interface
   */
  public void addAddress(int link, LinkAddress address)
      throws ClosedDescriptorException, LinuxException {
    socket.request(AddressMessage.add(link, address), "add the address " + address);
  }

  /**
   * Takes an address from an interface.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void removeAddress(int link, LinkAddress address)
      throws ClosedDescriptorException, LinuxException {
    socket.request(AddressMessage.remove(link, address), "remove the address " + address);
  }

  /**
   * The routes of one table, both families.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public List<IpRoute> routes(int table) throws ClosedDescriptorException, LinuxException {
    List<IpRoute> routes = new ArrayList<>();
    for (boolean ipv4 : new boolean[] {true, false}) {
      for (NetlinkReply reply : socket.request(RouteMessage.list(ipv4), "list routes")) {
        // A kernel without IPv6 answers with what it has, IPv4.
        if (reply.type() == RouteMessage.RTM_NEWROUTE
            && reply.family() == NetlinkMessage.family(ipv4)
            && RouteMessage.table(reply) == table) {
          routes.add(RouteMessage.route(reply));
        }
      }
    }
    return routes;
  }

  /**
   * Adds a route.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void addRoute(IpRoute route) throws ClosedDescriptorException, LinuxException {
    socket.request(RouteMessage.add(route), "add the " + route);
  }

  /**
   * Removes a route.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void removeRoute(IpRoute route) throws ClosedDescriptorException, LinuxException {
    socket.request(RouteMessage.remove(route), "remove the " + route);
  }

  /**
   * The rules of one family that look in a table or refuse, and select by mark or not at all.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses; {@link Errno#EAFNOSUPPORT} when it lacks the
   *     family
   */
  public List<IpRule> rules(boolean ipv6) throws ClosedDescriptorException, LinuxException {
    List<IpRule> rules = new ArrayList<>();
    for (NetlinkReply reply : socket.request(RuleMessage.list(ipv6), "list rules")) {
      if (reply.type() == RuleMessage.RTM_NEWRULE
          && reply.family() == NetlinkMessage.family(!ipv6)) {
        RuleMessage.rule(reply).ifPresent(rules::add);
      }
    }
    return rules;
  }

  /**
   * Adds a rule.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void addRule(IpRule rule) throws ClosedDescriptorException, LinuxException {
    socket.request(RuleMessage.add(rule), "add the " + rule);
  }

  /**
   * Removes a rule.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void removeRule(IpRule rule) throws ClosedDescriptorException, LinuxException {
    socket.request(RuleMessage.remove(rule), "remove the " + rule);
  }

  @Override
  public void close() {
    socket.close();
  }
}
