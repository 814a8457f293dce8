package org.tailjar.dns;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * A server to ask, by plain DNS.
 *
 * @param address where it is; resolved
 */
public record Nameserver(InetSocketAddress address) {

  /** The port of DNS. */
  public static final int PORT = 53;

  /** Refuses an address that is a mere name. */
  public Nameserver {
    if (address.isUnresolved() || address.getPort() == 0) {
      throw new IllegalArgumentException("no address of a nameserver: " + address);
    }
  }

  /** A nameserver on the usual port. */
  public static Nameserver at(InetAddress address) {
    return new Nameserver(new InetSocketAddress(address, PORT));
  }

  /**
   * Reads {@code address}, {@code ip:port} or {@code [ipv6]:port}; no name is ever resolved.
   *
   * @return empty for everything else, such as the URL of a server of DNS over HTTPS
   */
  public static Optional<Nameserver> parse(String text) {
    try {
      int colon = text.lastIndexOf(':');
      if (text.startsWith("[")) {
        int end = text.indexOf(']');
        InetAddress address = InetAddress.ofLiteral(text.substring(1, end));
        return end == text.length() - 1
            ? Optional.of(at(address))
            : Optional.of(of(address, text.substring(end + 1)));
      }
      return colon >= 0 && colon == text.indexOf(':')
          ? Optional.of(of(InetAddress.ofLiteral(text.substring(0, colon)), text.substring(colon)))
          : Optional.of(at(InetAddress.ofLiteral(text)));
    } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  private static Nameserver of(InetAddress address, String colonAndPort) {
    if (!colonAndPort.matches(":\\d{1,5}")) {
      throw new IllegalArgumentException("no port: " + colonAndPort);
    }
    return new Nameserver(
        new InetSocketAddress(address, Integer.parseInt(colonAndPort.substring(1))));
  }
}
