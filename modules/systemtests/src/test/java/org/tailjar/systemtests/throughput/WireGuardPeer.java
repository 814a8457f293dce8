package org.tailjar.systemtests.throughput;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;

/**
 * A WireGuard of another's in a process of its own, with keys and peers set by {@code wg}.
 *
 * @param program the command that makes an interface, whose name is added to it
 */
record WireGuardPeer(String name, String version, List<String> program) implements Peer {

  private static final String NETWORK4 = "10.78.0.";
  private static final String NETWORK6 = "fd78::";
  private static final String PORT = "51820";

  /** What Tailscale's interfaces have, so that all do the same work. */
  private static final String MTU = "1280";

  @Override
  public boolean relays() {
    return false;
  }

  @Override
  public Tunnel open(int receivers, Lab.Scheme scheme) {
    Lab lab = Lab.startWithoutServer();
    try {
      List<Tunnel.End> ends = new ArrayList<>();
      Map<Tunnel.End, String> keys = new LinkedHashMap<>();
      for (String host : hosts(receivers)) {
        String key = key(lab, host);
        String number = lab.address(host).replaceFirst(".*\\.", "");
        String ip4 = NETWORK4 + number;
        String ip6 = NETWORK6 + number;
        Tunnel.End end = new Tunnel.End(host, ip4, ip6, start(lab, host, ip4, ip6));
        ends.add(end);
        keys.put(end, key);
      }
      Tunnel.End sender = ends.getFirst();
      for (Tunnel.End receiver : ends.subList(1, ends.size())) {
        meet(lab, sender, receiver, keys.get(receiver));
        meet(lab, receiver, sender, keys.get(sender));
      }
      return new DirectTunnel(lab, ends);
    } catch (RuntimeException | AssertionError e) {
      lab.close();
      throw e;
    }
  }

  /** Makes a private key, in a file of the lab, and returns the public one. */
  private static String key(Lab lab, String host) {
    Path file = lab.file("key-" + host);
    return Shell.run("sh", "-c", "umask 077; wg genkey > " + file + " && wg pubkey < " + file)
        .succeeded()
        .output();
  }

  private long start(Lab lab, String host, String ip4, String ip6) {
    // The socket of its configuration is named after the interface, and not the namespace's own.
    String device = lab.namespace(host);
    List<String> command = new ArrayList<>(program);
    command.add(device);
    Process process =
        lab.spawn(
            host,
            lab.file(name + "-" + host + ".log"),
            Map.of("LOG_LEVEL", "error"),
            command.toArray(String[]::new));
    Path socket = Path.of("/var/run/wireguard", device + ".sock");
    if (!Shell.eventually(() -> Files.exists(socket))) {
      throw new IllegalStateException(
          name + " does not start: " + lab.read(name + "-" + host + ".log"));
    }
    lab.run(
            host,
            "wg",
            "set",
            device,
            "listen-port",
            PORT,
            "private-key",
            lab.file("key-" + host).toString())
        .succeeded();
    lab.run(host, "ip", "addr", "add", ip4 + "/24", "dev", device).succeeded();
    lab.run(host, "ip", "addr", "add", ip6 + "/64", "dev", device, "nodad").succeeded();
    lab.run(host, "ip", "link", "set", device, "mtu", MTU, "up").succeeded();
    return process.pid();
  }

  private static void meet(Lab lab, Tunnel.End one, Tunnel.End other, String key) {
    lab.run(
            one.host(),
            "wg",
            "set",
            lab.namespace(one.host()),
            "peer",
            key,
            "endpoint",
            lab.address(other.host()) + ":" + PORT,
            "allowed-ips",
            other.ip4() + "/32," + other.ip6() + "/128")
        .succeeded();
  }
}
