package org.tailjar.systemtests.throughput;

import java.util.List;
import org.tailjar.systemtests.Lab;

/** The network of the lab itself: what no tunnel can surpass. */
record NoTunnel() implements Peer {

  @Override
  public String name() {
    return "no tunnel";
  }

  @Override
  public String version() {
    return "";
  }

  @Override
  public boolean relays() {
    return false;
  }

  @Override
  public Tunnel open() {
    return new DirectTunnel(Lab.startWithoutServer(), "10.77.0.3", List.of());
  }
}
