package org.tailjar.tun;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tailjar.linux.Errno;
import org.tailjar.linux.IpRoute;
import org.tailjar.linux.IpRule;
import org.tailjar.linux.LinkAddress;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.Netlink;
import org.tailjar.linux.NetworkLink;
import org.tailjar.linux.SocketMark;
import org.tailjar.packet.IpPrefix;

/**
 * Sets up an interface and the way packets find it: addresses, MTU, routes in table 52, and rules
 * that send everything through that table but what bears the bypass mark, so that the tunnel's own
 * packets do not go into the tunnel. Rules and routes of others are left alone.
 *
 * <p>Works in the network namespace of the thread that opened it. Safe for use by several threads.
 */
public final class Router implements AutoCloseable {

  /** The routing table that all routes go to, as with the incumbent. */
  public static final int TABLE = 52;

  private static final int[] PRIORITIES = {5210, 5230, 5250, 5270};
  private static final Logger LOG = System.getLogger("org.tailjar.tun");

  private final String name;
  private final Netlink netlink;
  private boolean ipv6 = true;
  private boolean ipv6Refused;
  private boolean changed;
  private boolean closed;

  private Router(String name, Netlink netlink) {
    this.name = name;
    this.netlink = netlink;
  }

  /**
   * A router for an interface; changes nothing yet.
   *
   * @throws IOException when the kernel refuses a netlink socket
   */
  public static Router open(String interfaceName) throws IOException {
    return new Router(interfaceName, Netlink.open());
  }

  /**
   * Changes what differs from the configuration, and nothing else; may be called again at any time,
   * also to put back what another program took away.
   *
   * <p>IPv6 that the kernel refused is tried again each time, since it may have been switched on
   * since.
   *
   * @return whether anything had to be changed
   * @throws IOException when the interface is gone or the kernel refuses
   */
  public synchronized boolean apply(RouterConfig config) throws IOException {
    changed = false;
    ipv6 = true;
    NetworkLink link =
        netlink
            .link(name)
            .orElseThrow(() -> new LinuxException(Errno.ENODEV, "find the interface " + name));
    if (link.mtu() != config.mtu()) {
      netlink.setMtu(link.index(), config.mtu());
      changed = true;
    }
    if (!link.up()) {
      netlink.setUp(link.index(), true);
      changed = true;
    }
    applyAddresses(link.index(), config);
    applyRoutes(link.index(), config);
    for (IpRule rule : rules()) {
      if (ipv6 || !rule.ipv6()) {
        addIfMissing(rule);
      }
    }
    if (ipv6 && ipv6Refused) {
      ipv6Refused = false;
      LOG.log(Level.INFO, "IPv6 works here again");
    }
    return changed;
  }

  /** Whether rules of that priority are the router's. */
  static boolean isPriority(int priority) {
    return Arrays.stream(PRIORITIES).anyMatch(ours -> ours == priority);
  }

  /** Whether IPv6 works on the interface; false when the kernel refused it last. */
  public synchronized boolean ipv6() {
    return ipv6;
  }

  private void applyAddresses(int link, RouterConfig config) throws IOException {
    Set<LinkAddress> wanted = new HashSet<>();
    for (IpPrefix address : config.addresses()) {
      wanted.add(LinkAddress.of(address));
    }
    List<LinkAddress> present = netlink.addresses(link);
    for (LinkAddress address : wanted) {
      if (present.contains(address) || !(ipv6 || address.isIpv4())) {
        continue;
      }
      try {
        netlink.addAddress(link, address);
        changed = true;
      } catch (LinuxException e) {
        if (address.isIpv4() || !isIpv6Off(e, config)) {
          throw e;
        }
        refused(e);
      }
    }
    for (LinkAddress address : present) {
      if (!address.linkLocal() && !wanted.contains(address)) {
        netlink.removeAddress(link, address);
        changed = true;
      }
    }
  }

  private void refused(LinuxException e) {
    ipv6 = false;
    if (!ipv6Refused) {
      ipv6Refused = true;
      LOG.log(Level.INFO, "IPv6 is switched off here, going on with IPv4 ({0})", e.getMessage());
    }
  }

  private static boolean isIpv6Off(LinuxException e, RouterConfig config) {
    return switch (e.errno()) {
      case Errno.EACCES, Errno.EAFNOSUPPORT, Errno.EOPNOTSUPP -> true;
      // The kernel has no IPv6 on links below its least MTU (RFC 8200 5).
      case Errno.EINVAL, Errno.ENODEV, Errno.ENOBUFS -> config.mtu() < 1280;
      default -> false;
    };
  }

  private void applyRoutes(int link, RouterConfig config) throws IOException {
    Set<IpRoute> wanted = new HashSet<>();
    for (IpPrefix route : config.routes()) {
      wanted.add(new IpRoute(route, TABLE, IpRoute.Action.LINK, link));
    }
    for (IpPrefix route : config.bypassed()) {
      wanted.remove(new IpRoute(route, TABLE, IpRoute.Action.LINK, link));
      wanted.add(new IpRoute(route, TABLE, IpRoute.Action.THROW, 0));
    }
    if (!ipv6) {
      wanted.removeIf(route -> !route.destination().isIpv4());
    }
    List<IpRoute> present = new ArrayList<>();
    for (IpRoute route : netlink.routes(TABLE)) {
      if (isOurs(route, link)) {
        present.add(route);
      }
    }
    for (IpRoute route : present) {
      if (!wanted.contains(route)) {
        netlink.removeRoute(route);
        changed = true;
      }
    }
    for (IpRoute route : wanted) {
      if (!present.contains(route)) {
        netlink.addRoute(route);
        changed = true;
      }
    }
  }

  private static boolean isOurs(IpRoute route, int link) {
    return switch (route.action()) {
      case LINK -> route.link() == link;
      case THROW -> true;
      case OTHER -> false;
    };
  }

  private void addIfMissing(IpRule rule) throws IOException {
    try {
      netlink.addRule(rule);
      changed = true;
    } catch (LinuxException e) {
      if (e.errno() == Errno.EEXIST) {
        return;
      }
      if (rule.ipv6() && (e.errno() == Errno.EAFNOSUPPORT || e.errno() == Errno.EOPNOTSUPP)) {
        refused(e);
        return;
      }
      throw e;
    }
  }

  /** The rules, both families, in their order. */
  private static List<IpRule> rules() {
    List<IpRule> rules = new ArrayList<>();
    for (boolean ipv6 : new boolean[] {false, true}) {
      int mark = SocketMark.BYPASS;
      int mask = SocketMark.MASK;
      rules.add(new IpRule(ipv6, PRIORITIES[0], mark, mask, IpRule.MAIN));
      rules.add(new IpRule(ipv6, PRIORITIES[1], mark, mask, IpRule.DEFAULT));
      rules.add(new IpRule(ipv6, PRIORITIES[2], mark, mask, 0));
      rules.add(new IpRule(ipv6, PRIORITIES[3], 0, 0, TABLE));
    }
    return rules;
  }

  /**
   * Removes rules, routes and addresses. Errors are logged: there is nothing that the caller could
   * do, and the next start cleans up.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try (netlink) {
      removeRules(netlink);
      Optional<NetworkLink> link = netlink.link(name);
      for (IpRoute route : netlink.routes(TABLE)) {
        if (isOurs(route, link.map(NetworkLink::index).orElse(-1))) {
          remove(() -> netlink.removeRoute(route));
        }
      }
      if (link.isPresent()) {
        int index = link.get().index();
        for (LinkAddress address : netlink.addresses(index)) {
          remove(() -> netlink.removeAddress(index, address));
        }
        remove(() -> netlink.setUp(index, false));
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "routes of {0} are left behind: {1}", name, e.getMessage());
    }
  }

  /**
   * Removes what a process that was killed left behind: its rules, and routes of table 52 that lead
   * to no interface. (Its interface went with it, and took the other routes along.) Does nothing
   * while some interface has routes in that table: the rules are then in use.
   *
   * @return how many rules and routes were removed
   * @throws IOException when the kernel refuses
   */
  public static int cleanUp() throws IOException {
    try (Netlink netlink = Netlink.open()) {
      List<IpRoute> routes = netlink.routes(TABLE);
      if (routes.stream().anyMatch(route -> route.action() == IpRoute.Action.LINK)) {
        return 0;
      }
      int removed = removeRules(netlink);
      for (IpRoute route : routes) {
        if (route.action() == IpRoute.Action.THROW && remove(() -> netlink.removeRoute(route))) {
          removed++;
        }
      }
      return removed;
    }
  }

  private static int removeRules(Netlink netlink) throws IOException {
    int removed = 0;
    // The rule that leads into the tunnel goes first: then nothing can loop.
    for (IpRule rule : rules().reversed()) {
      if (remove(() -> netlink.removeRule(rule))) {
        removed++;
      }
    }
    return removed;
  }

  private interface Removal {
    void run() throws IOException;
  }

  private static boolean remove(Removal removal) throws IOException {
    try {
      removal.run();
      return true;
    } catch (LinuxException e) {
      return switch (e.errno()) {
        case Errno.ENOENT,
            Errno.ESRCH,
            Errno.ENODEV,
            Errno.EADDRNOTAVAIL,
            Errno.EAFNOSUPPORT,
            Errno.EOPNOTSUPP ->
            false;
        default -> throw e;
      };
    }
  }
}
