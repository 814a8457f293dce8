package org.tailjar.tailnet;

/** Opens nodes. */
public final class Tailnet {
  private Tailnet() {}

  /**
   * A node that is not started yet.
   *
   * @throws StartException if the node can never start as it is configured
   */
  public static TailnetNode open(NodeConfig config) {
    throw new UnsupportedOperationException("this build has no packet path");
  }
}
