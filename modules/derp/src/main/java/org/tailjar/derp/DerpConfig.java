package org.tailjar.derp;

import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.transport.Dialer;

/**
 * What all connections to relays share.
 *
 * @param key the node key, by which relays know this node
 * @param dialer makes the connections
 * @param plainHttp the control server when its URL is http: a relay at that very host and port is
 *     spoken to without TLS; null otherwise
 */
public record DerpConfig(NodePrivateKey key, Dialer dialer, @Nullable PlainHttpServer plainHttp) {

  /**
   * A server whose URL is http.
   *
   * @param host as in the URL, an IPv6 literal without brackets
   * @param port as in the URL, 80 if it has none
   */
  public record PlainHttpServer(String host, int port) {

    boolean is(DerpNode node) {
      return host.equalsIgnoreCase(node.hostName()) && port == node.tcpPort();
    }
  }
}
