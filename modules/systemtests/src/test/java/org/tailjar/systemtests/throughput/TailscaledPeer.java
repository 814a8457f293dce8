package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.List;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;
import org.tailjar.systemtests.TailscaledNode;

/** The incumbent, on a real headscale. */
record TailscaledPeer(String version) implements Peer {

  private static final Duration LIMIT = Duration.ofSeconds(60);

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
      return new Running(lab, sender, receiver, receiver.ip4());
    } catch (RuntimeException | AssertionError e) {
      lab.close();
      throw e;
    }
  }

  private record Running(Lab lab, TailscaledNode sender, TailscaledNode receiver, String target)
      implements Tunnel {

    @Override
    public List<Long> processes() {
      return List.of(sender.pid(), receiver.pid());
    }

    @Override
    public void awaitDirect() {
      await("via 10.77.0.");
    }

    @Override
    public void awaitRelayed() {
      await("via DERP(");
    }

    private void await(String path) {
      if (!Shell.eventually(LIMIT, () -> ping().contains(path))) {
        throw new IllegalStateException("no ping " + path + ": " + ping());
      }
    }

    /** The incumbent's own ping says the path that the answer took. */
    private String ping() {
      lab.pings(SENDER, target, 1);
      return sender.tailscale("ping", "--c", "1", "--timeout", "2s", target).output();
    }
  }
}
