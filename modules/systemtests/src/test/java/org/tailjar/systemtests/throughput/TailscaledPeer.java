package org.tailjar.systemtests.throughput;

import java.util.List;
import java.util.Map;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;
import org.tailjar.systemtests.TailscaledNode;

/** The incumbent, on a real headscale. */
record TailscaledPeer(String version) implements Peer {

  /** The one on PATH. */
  static TailscaledPeer onPath() {
    return new TailscaledPeer(
        Shell.run("tailscaled", "--version").output().lines().findFirst().orElse("?"));
  }

  @Override
  public String name() {
    return "tailscaled";
  }

  @Override
  public boolean relays() {
    return true;
  }

  @Override
  public Tunnel open() {
    Lab lab = Lab.start(Lab.Scheme.HTTP);
    try {
      TailscaledNode sender = lab.tailscaled(Tunnel.SENDER);
      TailscaledNode receiver = lab.tailscaled(Tunnel.RECEIVER);
      String target = receiver.ip4();
      return new TailnetTunnel(
          lab,
          target,
          List.of(sender.pid(), receiver.pid()),
          () -> sender.tailscale("ping", "--c", "1", "--timeout", "2s", target).output(),
          host -> Map.of());
    } catch (RuntimeException | AssertionError e) {
      lab.close();
      throw e;
    }
  }
}
