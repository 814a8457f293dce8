package org.tailjar.systemtests.throughput;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final String SENDER_ADDRESS = "10.78.0.2";
  private static final String RECEIVER_ADDRESS = "10.78.0.3";
  private static final String PORT = "51820";

  /** What Tailscale's interfaces have, so that all do the same work. */
  private static final String MTU = "1280";

  @Override
  public boolean relays() {
    return false;
  }

  @Override
  public Tunnel open() {
    Lab lab = Lab.startWithoutServer();
    try {
      String senderKey = key(lab, Tunnel.SENDER);
      String receiverKey = key(lab, Tunnel.RECEIVER);
      List<Long> processes =
          List.of(
              start(lab, Tunnel.SENDER, SENDER_ADDRESS),
              start(lab, Tunnel.RECEIVER, RECEIVER_ADDRESS));
      meet(lab, Tunnel.SENDER, receiverKey, "10.77.0.3", RECEIVER_ADDRESS);
      meet(lab, Tunnel.RECEIVER, senderKey, "10.77.0.2", SENDER_ADDRESS);
      return new DirectTunnel(lab, RECEIVER_ADDRESS, processes);
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

  private long start(Lab lab, String host, String address) {
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
    if (!Shell.eventually(LIMIT, () -> Files.exists(socket))) {
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
    lab.run(host, "ip", "addr", "add", address + "/24", "dev", device).succeeded();
    lab.run(host, "ip", "link", "set", device, "mtu", MTU, "up").succeeded();
    return process.pid();
  }

  private static void meet(Lab lab, String host, String key, String endpoint, String address) {
    lab.run(
            host,
            "wg",
            "set",
            lab.namespace(host),
            "peer",
            key,
            "endpoint",
            endpoint + ":" + PORT,
            "allowed-ips",
            address + "/32")
        .succeeded();
  }
}
