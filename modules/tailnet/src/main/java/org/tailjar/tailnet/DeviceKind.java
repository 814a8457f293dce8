package org.tailjar.tailnet;

/** What the node reads its packets from. */
public enum DeviceKind {
  /** A TUN interface of the kernel, with its addresses, routes and rules. */
  TUN,
  /** A queue in this process: for tests and for programs that bring their own network stack. */
  MEMORY
}
