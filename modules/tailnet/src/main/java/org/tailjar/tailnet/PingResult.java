package org.tailjar.tailnet;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/** What became of a DISCO ping to a peer. */
public sealed interface PingResult {
  /** The peer answered over UDP. */
  record Direct(InetAddress address, String nodeName, InetSocketAddress endpoint, Duration latency)
      implements PingResult {}

  /** The peer answered through a DERP relay. */
  record Relayed(
      InetAddress address, String nodeName, int regionId, String regionCode, Duration latency)
      implements PingResult {}

  /** The address is this node's own. */
  record Local(InetAddress address) implements PingResult {}

  /** No peer has this address. */
  record NoSuchPeer(InetAddress address) implements PingResult {}

  /** The peer did not answer in time, or no packet could be sent; {@code reason} is one line. */
  record Failed(InetAddress address, String nodeName, String reason) implements PingResult {}
}
