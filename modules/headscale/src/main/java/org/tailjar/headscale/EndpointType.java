package org.tailjar.headscale;

/** What a node knows of one of its endpoints; the number travels beside it in a map request. */
public enum EndpointType {
  /** Nothing. */
  UNKNOWN,
  /** An address of one of its interfaces. */
  LOCAL,
  /** What a STUN server saw. */
  STUN,
  /** A port mapping on the router. */
  PORT_MAPPED,
  /** The public address with the local port: a guess behind a hard NAT. */
  STUN4_LOCAL_PORT,
  /** Configured by hand. */
  EXPLICIT;

  /** The number on the wire. */
  public int code() {
    return ordinal();
  }
}
