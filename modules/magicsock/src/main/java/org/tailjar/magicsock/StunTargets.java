package org.tailjar.magicsock;

import java.lang.System.Logger.Level;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tailjar.derp.DerpNode;
import org.tailjar.derp.DerpRegion;

/** Which STUN servers to ask: the first one of each region. */
final class StunTargets {

  private StunTargets() {}

  /** Looks their addresses up, of the families that this node has; may take seconds. */
  static List<StunTarget> resolve(List<DerpRegion> regions, boolean withIpv4, boolean withIpv6) {
    List<StunTarget> targets = new ArrayList<>();
    for (DerpRegion region : regions) {
      for (DerpNode node : region.nodes()) {
        if (node.udpPort().isPresent()) {
          for (InetAddress address : addresses(node)) {
            if (address instanceof Inet4Address ? withIpv4 : withIpv6) {
              targets.add(
                  new StunTarget(
                      region.id(), new InetSocketAddress(address, node.udpPort().getAsInt())));
            }
          }
          break;
        }
      }
    }
    return targets;
  }

  /** One address of each family at most; the name is asked for where the map has no literal one. */
  private static List<InetAddress> addresses(DerpNode node) {
    Map<Boolean, InetAddress> byFamily = new LinkedHashMap<>();
    boolean noIpv4 = node.ipv4().equals(DerpNode.NO_ADDRESS);
    boolean noIpv6 = node.ipv6().equals(DerpNode.NO_ADDRESS);
    try {
      if (!node.ipv4().isEmpty() && !noIpv4) {
        byFamily.put(true, InetAddress.ofLiteral(node.ipv4()));
      }
      if (!node.ipv6().isEmpty() && !noIpv6) {
        byFamily.put(false, InetAddress.ofLiteral(node.ipv6()));
      }
      if (byFamily.isEmpty()) {
        for (InetAddress address : InetAddress.getAllByName(node.hostName())) {
          boolean isIpv4 = address instanceof Inet4Address;
          if (!(isIpv4 ? noIpv4 : noIpv6)) {
            byFamily.putIfAbsent(isIpv4, address);
          }
        }
      }
    } catch (UnknownHostException | IllegalArgumentException e) {
      System.getLogger(Magicsock.LOGGER)
          .log(Level.DEBUG, "STUN server {0}: {1}", node.name(), e.getMessage());
    }
    return List.copyOf(byFamily.values());
  }
}
