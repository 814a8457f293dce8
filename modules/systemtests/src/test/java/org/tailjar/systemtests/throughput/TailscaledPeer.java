package org.tailjar.systemtests.throughput;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;
import org.tailjar.systemtests.TailscaledNode;

/** The incumbent, on a real headscale. */
public record TailscaledPeer(String version) implements Peer {

  /** The one on PATH. */
  public static TailscaledPeer onPath() {
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
  public Tunnel open(int receivers, Lab.Scheme scheme) {
    Lab lab = Lab.start(scheme);
    try {
      Map<String, TailscaledNode> nodes = new LinkedHashMap<>();
      hosts(receivers).forEach(host -> nodes.put(host, lab.tailscaled(host)));
      List<Tunnel.End> ends =
          nodes.entrySet().stream()
              .map(entry -> Tunnel.End.of(entry.getKey(), entry.getValue()))
              .toList();
      TailscaledNode sender = nodes.get(Tunnel.SENDER);
      return new TailnetTunnel(
          lab,
          ends,
          address -> sender.tailscale("ping", "--c", "1", "--timeout", "2s", address).output(),
          host -> Map.of());
    } catch (RuntimeException | AssertionError e) {
      lab.close();
      throw e;
    }
  }
}
