package org.tailjar.systemtests.throughput;

import java.util.List;
import org.tailjar.systemtests.Lab;

/** A tunnel that has one path: if a ping is answered, that is the one. */
record DirectTunnel(Lab lab, String target, List<Long> processes) implements Tunnel {

  @Override
  public void awaitDirect() {
    if (lab.pings(SENDER, target, 5) == 0) {
      throw new IllegalStateException("no ping of " + target + " is answered");
    }
  }
}
