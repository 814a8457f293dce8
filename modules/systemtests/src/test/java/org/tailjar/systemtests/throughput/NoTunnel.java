package org.tailjar.systemtests.throughput;

import java.util.ArrayList;
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
  public Tunnel open(int receivers, Lab.Scheme scheme) {
    Lab lab = Lab.startWithoutServer();
    try {
      List<Tunnel.End> ends = new ArrayList<>();
      for (String host : hosts(receivers)) {
        String ip4 = lab.address(host);
        String ip6 = "fd77::" + ip4.substring(ip4.lastIndexOf('.') + 1);
        lab.run(host, "ip", "addr", "add", ip6 + "/64", "dev", "eth0", "nodad").succeeded();
        ends.add(new Tunnel.End(host, ip4, ip6, 0));
      }
      return new DirectTunnel(lab, ends);
    } catch (RuntimeException | AssertionError e) {
      lab.close();
      throw e;
    }
  }
}
