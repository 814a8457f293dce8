package org.tailjar.tailnet;

import org.tailjar.packet.PacketDevice;

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

  /**
   * A node on a packet device of the calling program, which thereby is the network stack behind it;
   * the system is not changed, and {@link NodeConfig#device()} does not count.
   *
   * @param config all else that it must be told
   * @param device closed with the node
   */
  public static TailnetNode open(NodeConfig config, PacketDevice device) {
    return new HeadscaleNode(config, () -> new PacketInterface.InMemory(device));
  }
}
