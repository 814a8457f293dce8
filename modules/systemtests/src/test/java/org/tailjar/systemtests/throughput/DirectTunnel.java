package org.tailjar.systemtests.throughput;

import java.util.List;
import org.tailjar.systemtests.Lab;

/** A tunnel that has one path: if a ping is answered, that is the one. */
record DirectTunnel(Lab lab, List<End> ends) implements Tunnel {

  @Override
  public void awaitDirect() {
    for (End receiver : ends.subList(1, ends.size())) {
      if (lab.pings(SENDER, receiver.ip4(), 5) == 0) {
        throw new IllegalStateException("no ping of " + receiver.ip4() + " is answered");
      }
    }
  }
}
