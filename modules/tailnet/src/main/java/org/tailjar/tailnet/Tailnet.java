package org.tailjar.tailnet;

/** Where nodes come from. */
public final class Tailnet {
  private Tailnet() {}

  /**
   * A node that does nothing until it is started.
   *
   * @param config all that it must be told
   */
  public static TailnetNode open(NodeConfig config) {
    return new HeadscaleNode(config);
  }
}
