package org.tailjar.magicsock;

import java.net.InetSocketAddress;

/**
 * Where this node may be reached by UDP.
 *
 * @param address host and port
 * @param kind how it is known
 */
public record LocalEndpoint(InetSocketAddress address, Kind kind) {

  /** How an endpoint is known. */
  public enum Kind {
    /** The address of an interface. */
    LOCAL(1),
    /** A STUN server saw this node there. */
    STUN(2),
    /**
     * The public address that STUN saw, with the local port: a guess for a router that forwards.
     */
    STUN_LOCAL_PORT(4);

    private final int wireNumber;

    Kind(int wireNumber) {
      this.wireNumber = wireNumber;
    }

    /** The number in a map request's {@code EndpointTypes}. */
    public int wireNumber() {
      return wireNumber;
    }
  }
}
