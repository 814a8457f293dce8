package org.tailjar.transport;

import java.net.InetAddress;
import java.util.List;

/**
 * Where to connect, and how.
 *
 * @param host the DNS name or IP literal, without brackets; names the destination in errors
 * @param port the TCP port
 * @param security plain or TLS
 * @param family which of the resolved addresses may be used
 * @param addresses addresses to use instead of resolving {@code host}; empty to resolve
 */
public record Destination(
    String host, int port, Security security, Family family, List<InetAddress> addresses) {

  /** Which address families a connection may use. */
  public enum Family {
    /** IPv6 and IPv4, whichever answers first. */
    ANY,
    /** IPv4 only. */
    IPV4,
    /** IPv6 only. */
    IPV6
  }

  /**
   * Checks the port and copies the addresses.
   *
   * @throws IllegalArgumentException if the host is empty or the port is outside 1 to 65535
   */
  public Destination {
    if (host.isEmpty()) {
      throw new IllegalArgumentException("the host is empty");
    }
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port " + port + " is not between 1 and 65535");
    }
    addresses = List.copyOf(addresses);
  }

  /** A plain TCP destination. */
  public static Destination plain(String host, int port) {
    return new Destination(host, port, new Security.Plain(), Family.ANY, List.of());
  }

  /** A TLS destination whose certificate must carry the host's name. */
  public static Destination tls(String host, int port) {
    return new Destination(host, port, new Security.Verified(host), Family.ANY, List.of());
  }

  /** The same destination with other security. */
  public Destination with(Security other) {
    return new Destination(host, port, other, family, addresses);
  }

  /** The same destination restricted to a family. */
  public Destination with(Family other) {
    return new Destination(host, port, security, other, addresses);
  }

  /** The same destination with literal addresses, tried in this order, instead of resolution. */
  public Destination at(List<InetAddress> literal) {
    return new Destination(host, port, security, family, literal);
  }

  /** The host and port as in a URL, an IPv6 literal in brackets. */
  public String authority() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  @Override
  public String toString() {
    return authority();
  }
}
