package org.tailjar.transport;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** The order in which the addresses of a host are tried: RFC 8305 section 4. */
final class AddressOrder {

  private AddressOrder() {}

  /** Alternates the families, beginning with the family of the first address. */
  static List<InetAddress> interleave(List<InetAddress> addresses) {
    if (addresses.isEmpty()) {
      return addresses;
    }
    boolean firstIsV6 = addresses.getFirst() instanceof Inet6Address;
    List<InetAddress> first = new ArrayList<>();
    List<InetAddress> second = new ArrayList<>();
    for (InetAddress address : addresses) {
      ((address instanceof Inet6Address) == firstIsV6 ? first : second).add(address);
    }
    List<InetAddress> ordered = new ArrayList<>();
    for (int i = 0; i < Math.max(first.size(), second.size()); i++) {
      if (i < first.size()) {
        ordered.add(first.get(i));
      }
      if (i < second.size()) {
        ordered.add(second.get(i));
      }
    }
    return ordered;
  }

  static boolean allows(Destination.Family family, InetAddress address) {
    return switch (family) {
      case ANY -> true;
      case IPV4 -> address instanceof Inet4Address;
      case IPV6 -> address instanceof Inet6Address;
    };
  }
}
