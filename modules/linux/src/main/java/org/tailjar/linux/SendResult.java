package org.tailjar.linux;

/** What became of a send; all but {@link #SENT} lose what was to be sent, as a network may. */
public enum SendResult {
  /** The kernel took it. */
  SENT,
  /** The kernel has no room, and had none after a short wait. */
  FULL,
  /** A datagram is longer than the path takes. */
  TOO_LONG,
  /** There is no route to the address, or a firewall of this host forbids it. */
  UNREACHABLE
}
