package org.tailjar.tailnet;

/**
 * Whether the node logs out when it is closed. A node that logged out needs a fresh auth key the
 * next time: Headscale expires it.
 */
public enum LogoutPolicy {
  /** Logs out when the node is ephemeral or its state is in memory. */
  AUTO,
  ALWAYS,
  NEVER
}
