package org.tailjar.tun;

import java.util.Set;
import org.tailjar.packet.IpPrefix;

/**
 * How an interface is to be set up.
 *
 * @param addresses its own addresses, each a single one
 * @param routes what goes through it
 * @param bypassed what keeps going its usual way although a route covers it
 * @param mtu largest IP packet in bytes
 */
public record RouterConfig(
    Set<IpPrefix> addresses, Set<IpPrefix> routes, Set<IpPrefix> bypassed, int mtu) {

  /**
   * Copies the sets.
   *
   * @throws IllegalArgumentException when one of the addresses is a range
   */
  public RouterConfig {
    addresses = Set.copyOf(addresses);
    routes = Set.copyOf(routes);
    bypassed = Set.copyOf(bypassed);
    for (IpPrefix address : addresses) {
      if (!address.isSingleAddress()) {
        throw new IllegalArgumentException(address + " is not one address");
      }
    }
  }

  /** Nothing bypassed. */
  public RouterConfig(Set<IpPrefix> addresses, Set<IpPrefix> routes, int mtu) {
    this(addresses, routes, Set.of(), mtu);
  }
}
