package org.tailjar.linux;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tailjar.packet.IpPrefix;

/**
 * Interfaces, addresses, routes and rules of the network namespace in which it was opened, by
 * routing netlink (rtnetlink(7)). Safe for use by several threads.
 *
 * <p>Adding what exists fails with {@link Errno#EEXIST}, so nothing is ever doubled; removing what
 * does not exist fails with {@link Errno#ESRCH}, {@link Errno#ENOENT} or {@link
 * Errno#EADDRNOTAVAIL}.
 */
public final class Netlink implements AutoCloseable {

  static final int RTM_NEWLINK = 16;
  static final int RTM_DELLINK = 17;
  private static final int RTM_GETLINK = 18;
  static final int RTM_NEWADDR = 20;
  static final int RTM_DELADDR = 21;
  private static final int RTM_GETADDR = 22;
  static final int RTM_NEWROUTE = 24;
  static final int RTM_DELROUTE = 25;
  private static final int RTM_GETROUTE = 26;
  static final int RTM_NEWRULE = 32;
  static final int RTM_DELRULE = 33;
  private static final int RTM_GETRULE = 34;

  static final int LINK_FIXED = 16;
  static final int ADDRESS_FIXED = 8;
  static final int ROUTE_FIXED = 12;

  private static final int IFF_UP = 1;
  private static final int IFF_RUNNING = 0x40;
  static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;
  private static final int IFLA_TXQLEN = 13;
  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int IFA_FLAGS = 8;
  private static final int IFA_F_NODAD = 0x02;
  private static final int SCOPE_UNIVERSE = 0;
  private static final int SCOPE_LINK = 253;
  static final int RTA_DST = 1;
  static final int RTA_OIF = 4;
  static final int RTA_TABLE = 15;
  private static final int RTPROT_UNSPEC = 0;
  private static final int RTPROT_STATIC = 4;
  static final int FRA_PRIORITY = 6;
  private static final int FRA_FWMARK = 10;
  private static final int FRA_TABLE = 15;
  private static final int FRA_FWMASK = 16;
  private static final int FR_ACT_TO_TABLE = 1;
  private static final int FR_ACT_UNREACHABLE = 7;

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
    NetlinkMessage message =
        link(RTM_GETLINK, NetlinkMessage.ACKNOWLEDGE, 0, 0, 0).attribute(IFLA_IFNAME, name);
    try {
      for (NetlinkReply reply : socket.request(message, "find the interface " + name)) {
        if (reply.type() == RTM_NEWLINK) {
          return Optional.of(link(reply));
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

  private static NetworkLink link(NetlinkReply reply) {
    Map<Integer, byte[]> attributes = reply.attributes(LINK_FIXED);
    byte[] name = attributes.getOrDefault(IFLA_IFNAME, new byte[0]);
    return new NetworkLink(
        reply.body().getInt(4),
        NetlinkReply.string(name),
        NetlinkReply.integer(attributes.get(IFLA_MTU), 0),
        (reply.body().getInt(8) & IFF_UP) != 0,
        (reply.body().getInt(8) & IFF_RUNNING) != 0,
        NetlinkReply.integer(attributes.get(IFLA_TXQLEN), 0));
  }

  /**
   * All interfaces.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public List<NetworkLink> links() throws ClosedDescriptorException, LinuxException {
    return socket
        .request(link(RTM_GETLINK, NetlinkMessage.DUMP, 0, 0, 0), "list interfaces")
        .stream()
        .filter(reply -> reply.type() == RTM_NEWLINK)
        .map(Netlink::link)
        .toList();
  }

  /**
   * Switches an interface on or off.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void setUp(int link, boolean up) throws ClosedDescriptorException, LinuxException {
    NetlinkMessage message =
        link(RTM_NEWLINK, NetlinkMessage.ACKNOWLEDGE, link, up ? IFF_UP : 0, IFF_UP);
    socket.request(message, "switch the interface " + (up ? "on" : "off"));
  }

  /**
   * Sets the largest packet of an interface, in bytes.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void setMtu(int link, int mtu) throws ClosedDescriptorException, LinuxException {
    NetlinkMessage message = link(RTM_NEWLINK, NetlinkMessage.ACKNOWLEDGE, link, 0, 0);
    socket.request(message.attribute(IFLA_MTU, mtu), "set the MTU to " + mtu);
  }

  /**
   * Sets how many packets the queue of an interface holds.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void setTransmitQueueLength(int link, int packets)
      throws ClosedDescriptorException, LinuxException {
    NetlinkMessage message = link(RTM_NEWLINK, NetlinkMessage.ACKNOWLEDGE, link, 0, 0);
    socket.request(message.attribute(IFLA_TXQLEN, packets), "set the transmit queue length");
  }

  /**
   * Removes an interface.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void removeLink(int link) throws ClosedDescriptorException, LinuxException {
    NetlinkMessage message = link(RTM_DELLINK, NetlinkMessage.ACKNOWLEDGE, link, 0, 0);
    socket.request(message, "remove the interface");
  }

  private static NetlinkMessage link(int type, int flags, int index, int state, int change) {
    return new NetlinkMessage(type, flags)
        .putShort(0)
        .putShort(0)
        .putInt(index)
        .putInt(state)
        .putInt(change);
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
    NetlinkMessage message =
        new NetlinkMessage(RTM_GETADDR, NetlinkMessage.DUMP).putInt(0).putInt(0);
    Map<Integer, List<LinkAddress>> addresses = new HashMap<>();
    for (NetlinkReply reply : socket.request(message, "list addresses")) {
      if (reply.type() != RTM_NEWADDR) {
        continue;
      }
      Map<Integer, byte[]> attributes = reply.attributes(ADDRESS_FIXED);
      byte[] raw = attributes.getOrDefault(IFA_LOCAL, attributes.get(IFA_ADDRESS));
      if (raw != null && (raw.length == 4 || raw.length == 16)) {
        addresses
            .computeIfAbsent(reply.body().getInt(4), link -> new ArrayList<>())
            .add(
                new LinkAddress(
                    high(raw),
                    low(raw),
                    reply.body().get(1) & 0xff,
                    (reply.body().get(3) & 0xff) == SCOPE_LINK));
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
    NetlinkMessage message =
        address(RTM_NEWADDR, NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE, link, address);
    if (!address.isIpv4()) {
      // There is no link to ask whether somebody else has the address.
      message.attribute(IFA_FLAGS, IFA_F_NODAD);
    }
    socket.request(message, "add the address " + address);
  }

  /**
   * Takes an address from an interface.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void removeAddress(int link, LinkAddress address)
      throws ClosedDescriptorException, LinuxException {
    socket.request(address(RTM_DELADDR, 0, link, address), "remove the address " + address);
  }

  private static NetlinkMessage address(int type, int flags, int link, LinkAddress address) {
    byte[] raw = raw(address.high(), address.low());
    return new NetlinkMessage(type, flags | NetlinkMessage.ACKNOWLEDGE)
        .putByte(family(address.isIpv4()))
        .putByte(address.bits())
        .putByte(0)
        .putByte(SCOPE_UNIVERSE)
        .putInt(link)
        .attribute(IFA_LOCAL, raw)
        .attribute(IFA_ADDRESS, raw);
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
      NetlinkMessage message =
          new NetlinkMessage(RTM_GETROUTE, NetlinkMessage.DUMP)
              .putByte(family(ipv4))
              .putByte(0)
              .putShort(0)
              .putInt(0)
              .putInt(0);
      for (NetlinkReply reply : socket.request(message, "list routes")) {
        // A kernel without IPv6 answers with what it has, IPv4.
        if (reply.type() != RTM_NEWROUTE || reply.body().get(0) != family(ipv4)) {
          continue;
        }
        Map<Integer, byte[]> attributes = reply.attributes(ROUTE_FIXED);
        int in = NetlinkReply.integer(attributes.get(RTA_TABLE), reply.body().get(4) & 0xff);
        if (in == table) {
          routes.add(route(reply, attributes, ipv4, table));
        }
      }
    }
    return routes;
  }

  private static IpRoute route(
      NetlinkReply reply, Map<Integer, byte[]> attributes, boolean ipv4, int table) {
    byte[] raw = attributes.getOrDefault(RTA_DST, new byte[ipv4 ? 4 : 16]);
    IpRoute.Action action = IpRoute.Action.of(reply.body().get(7) & 0xff);
    // The kernel shows IPv6 routes that lead nowhere as leading to the loopback interface.
    int link =
        action == IpRoute.Action.THROW ? 0 : NetlinkReply.integer(attributes.get(RTA_OIF), 0);
    return new IpRoute(
        new IpPrefix(high(raw), low(raw), reply.body().get(1) & 0xff), table, action, link);
  }

  /**
   * Adds a route.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void addRoute(IpRoute route) throws ClosedDescriptorException, LinuxException {
    socket.request(
        route(RTM_NEWROUTE, NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE, RTPROT_STATIC, route),
        "add the " + route);
  }

  /**
   * Removes a route.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void removeRoute(IpRoute route) throws ClosedDescriptorException, LinuxException {
    socket.request(route(RTM_DELROUTE, 0, RTPROT_UNSPEC, route), "remove the " + route);
  }

  private static NetlinkMessage route(int type, int flags, int protocol, IpRoute route) {
    boolean ipv4 = route.destination().isIpv4();
    boolean onLink = route.action() == IpRoute.Action.LINK && ipv4;
    NetlinkMessage message =
        new NetlinkMessage(type, flags | NetlinkMessage.ACKNOWLEDGE)
            .putByte(family(ipv4))
            .putByte(route.destination().bits())
            .putByte(0)
            .putByte(0)
            .putByte(0)
            .putByte(protocol)
            .putByte(onLink ? SCOPE_LINK : SCOPE_UNIVERSE)
            .putByte(route.action().type())
            .putInt(0)
            .attribute(RTA_TABLE, route.table());
    if (route.destination().bits() > 0) {
      message.attribute(RTA_DST, raw(route.destination().high(), route.destination().low()));
    }
    if (route.link() != 0) {
      message.attribute(RTA_OIF, route.link());
    }
    return message;
  }

  /**
   * The rules of one family that look in a table or refuse, and select by mark or not at all.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses; {@link Errno#EAFNOSUPPORT} when it lacks the
   *     family
   */
  public List<IpRule> rules(boolean ipv6) throws ClosedDescriptorException, LinuxException {
    NetlinkMessage message =
        new NetlinkMessage(RTM_GETRULE, NetlinkMessage.DUMP)
            .putByte(family(!ipv6))
            .putByte(0)
            .putShort(0)
            .putInt(0)
            .putInt(0);
    List<IpRule> rules = new ArrayList<>();
    for (NetlinkReply reply : socket.request(message, "list rules")) {
      int action = reply.body().get(7) & 0xff;
      if (reply.type() != RTM_NEWRULE
          || reply.body().get(0) != family(!ipv6)
          || (action != FR_ACT_TO_TABLE && action != FR_ACT_UNREACHABLE)) {
        continue;
      }
      Map<Integer, byte[]> attributes = reply.attributes(ROUTE_FIXED);
      int table = NetlinkReply.integer(attributes.get(FRA_TABLE), reply.body().get(4) & 0xff);
      rules.add(
          new IpRule(
              ipv6,
              NetlinkReply.integer(attributes.get(FRA_PRIORITY), 0),
              NetlinkReply.integer(attributes.get(FRA_FWMARK), 0),
              NetlinkReply.integer(attributes.get(FRA_FWMASK), 0),
              action == FR_ACT_TO_TABLE ? table : 0));
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
    socket.request(
        rule(RTM_NEWRULE, NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE, rule),
        "add the " + rule);
  }

  /**
   * Removes a rule.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel refuses
   */
  public void removeRule(IpRule rule) throws ClosedDescriptorException, LinuxException {
    socket.request(rule(RTM_DELRULE, 0, rule), "remove the " + rule);
  }

  private static NetlinkMessage rule(int type, int flags, IpRule rule) {
    NetlinkMessage message =
        new NetlinkMessage(type, flags | NetlinkMessage.ACKNOWLEDGE)
            .putByte(family(!rule.ipv6()))
            .putByte(0)
            .putByte(0)
            .putByte(0)
            .putByte(0)
            .putByte(0)
            .putByte(0)
            .putByte(rule.table() == 0 ? FR_ACT_UNREACHABLE : FR_ACT_TO_TABLE)
            .putInt(0)
            .attribute(FRA_PRIORITY, rule.priority());
    if (rule.mask() != 0) {
      message.attribute(FRA_FWMARK, rule.mark()).attribute(FRA_FWMASK, rule.mask());
    }
    if (rule.table() != 0) {
      message.attribute(FRA_TABLE, rule.table());
    }
    return message;
  }

  @Override
  public void close() {
    socket.close();
  }

  private static int family(boolean ipv4) {
    return ipv4 ? UdpAddress.AF_INET : UdpAddress.AF_INET6;
  }

  private static byte[] raw(long high, long low) {
    return IpPrefix.isIpv4(high, low)
        ? ByteBuffer.allocate(4).putInt((int) low).array()
        : ByteBuffer.allocate(16).putLong(high).putLong(low).array();
  }

  private static long high(byte[] raw) {
    return raw.length == 4 ? 0 : ByteBuffer.wrap(raw).getLong();
  }

  private static long low(byte[] raw) {
    return raw.length == 4
        ? 0x0000_ffff_0000_0000L | (ByteBuffer.wrap(raw).getInt() & 0xffff_ffffL)
        : ByteBuffer.wrap(raw).getLong(8);
  }
}
