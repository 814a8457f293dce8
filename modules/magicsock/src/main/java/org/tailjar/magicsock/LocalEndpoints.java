package org.tailjar.magicsock;

import java.lang.System.Logger.Level;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/** The addresses of this machine's interfaces at which its sockets can be reached. */
final class LocalEndpoints {

  private static final byte[] TAILNET_V6 = {
    (byte) 0xfd, 0x7a, 0x11, 0x5c, (byte) 0xa1, (byte) 0xe0
  };

  private LocalEndpoints() {}

  /**
   * All usable addresses; loopback only when there is no other. May take milliseconds.
   *
   * @param tunnelInterface name of the interface to leave out
   */
  static List<InetAddress> addresses(String tunnelInterface) {
    LinkedHashSet<InetAddress> usable = new LinkedHashSet<>();
    List<InetAddress> loopback = new ArrayList<>();
    try {
      for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
        if (each.getName().equals(tunnelInterface) || !each.isUp()) {
          continue;
        }
        for (InetAddress address : each.inetAddresses().toList()) {
          if (address.isLoopbackAddress()) {
            loopback.add(address);
          } else if (isUsable(address)) {
            usable.add(unscoped(address));
          }
        }
      }
    } catch (SocketException e) {
      System.getLogger(Magicsock.LOGGER).log(Level.DEBUG, "interface addresses", e);
    }
    return usable.isEmpty() ? loopback : List.copyOf(usable);
  }

  /** Link-local addresses mean nothing to another machine, tailnet addresses lead in a circle. */
  static boolean isUsable(InetAddress address) {
    return !address.isLinkLocalAddress()
        && !address.isMulticastAddress()
        && !address.isAnyLocalAddress()
        && !isTailnet(address);
  }

  /** 100.64.0.0/10 (RFC 6598), and the unique local prefix that such tailnets use. */
  static boolean isTailnet(InetAddress address) {
    byte[] ip = address.getAddress();
    if (ip.length == 4) {
      return ip[0] == 100 && (ip[1] & 0xc0) == 64;
    }
    for (int i = 0; i < TAILNET_V6.length; i++) {
      if (ip[i] != TAILNET_V6[i]) {
        return false;
      }
    }
    return true;
  }

  /** Without the interface that the JDK attaches, or it would equal no address from a wire. */
  private static InetAddress unscoped(InetAddress address) {
    return address instanceof Inet6Address
        ? WireAddress.of(address.getAddress(), 0).getAddress()
        : address;
  }
}
