package org.tailjar.derp;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tailjar.transport.Destination;
import org.tailjar.transport.Security;

/** Where and how to dial the servers of a region. */
final class DerpDestinations {

  private static final String PIN_PREFIX = "sha256-raw:";

  private DerpDestinations() {}

  /**
   * The destination of a node. TLS, unless the node is the control server itself and that one is
   * spoken to by plain http: then whoever could listen already does.
   *
   * @throws DerpException when the map's address of the node is none
   */
  static Destination of(DerpNode node, DerpConfig.@Nullable PlainHttpServer plainHttp)
      throws DerpException {
    Destination destination =
        Destination.plain(node.hostName(), node.tcpPort()).at(addresses(node));
    if (node.ipv4().equals(DerpNode.NO_ADDRESS)) {
      destination = destination.with(Destination.Family.IPV6);
    } else if (node.ipv6().equals(DerpNode.NO_ADDRESS)) {
      destination = destination.with(Destination.Family.IPV4);
    }
    return plainHttp != null && plainHttp.is(node) ? destination : destination.with(security(node));
  }

  private static Security security(DerpNode node) {
    if (node.insecureForTests()) {
      return new Security.Unverified(node.hostName());
    }
    if (node.certName().startsWith(PIN_PREFIX)) {
      return new Security.Pinned(node.hostName(), node.certName().substring(PIN_PREFIX.length()));
    }
    return new Security.Verified(node.certName().isEmpty() ? node.hostName() : node.certName());
  }

  private static List<InetAddress> addresses(DerpNode node) throws DerpException {
    List<InetAddress> addresses = new ArrayList<>();
    for (String literal : List.of(node.ipv6(), node.ipv4())) {
      if (!literal.isEmpty() && !literal.equals(DerpNode.NO_ADDRESS)) {
        try {
          addresses.add(InetAddress.ofLiteral(literal));
        } catch (IllegalArgumentException e) {
          throw new DerpException(
              "the DERP map gives node " + node.name() + " the address " + literal + ": not one");
        }
      }
    }
    return addresses;
  }
}
