package org.tailjar.dataplane;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.crypto.PacketCiphers;
import org.tailjar.filter.FilterRule;
import org.tailjar.filter.PacketFilter;
import org.tailjar.linux.UdpOffloads;
import org.tailjar.magicsock.StaticPaths;
import org.tailjar.packet.IpPrefix;
import org.tailjar.tun.TunConfig;
import org.tailjar.tun.TunDevice;
import org.tailjar.wireguard.HandshakeCounters;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.Timings;
import org.tailjar.wireguard.WireGuard;

/**
 * One end of a plain WireGuard tunnel, to be run in a network namespace. Arguments: interface, MTU,
 * UDP port, the peer's public key in hex, its address or {@code -}, its UDP port, "standard" or the
 * milliseconds after which keys are renewed, own addresses, and the peer's; then, if there are more
 * peers, a file with a public key in hex on each line, and a UDP port that is bound and never read.
 * On standard input a line with the private key comes first. Then {@code echo ADDRESS} serves
 * {@link Echo} there and {@code check ADDRESS SIZES} asks that of the other end; any other line is
 * answered with the statistics; the end ends the tunnel. The property {@code without} lists
 * offloads that are not used: tun, tun-udp, udp-gso, udp-gro; {@code queues} is the number of
 * queues of the interface and of the sockets.
 */
final class TunnelMain {

  private static final FilterRule ALL_PROTOCOLS =
      new FilterRule(
          FilterRule.ALLOW_ALL.sources(),
          FilterRule.ALLOW_ALL.destinations(),
          IntStream.rangeClosed(0, 255).boxed().collect(Collectors.toSet()));

  private TunnelMain() {}

  static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    NodePrivateKey key = NodePrivateKey.parse("privkey:" + in.readLine());
    NodePublicKey peerKey = NodePublicKey.of(HexFormat.of().parseHex(arguments[3]));
    Aead aead = PacketCiphers.choose();
    @Nullable InetSocketAddress peerAddress =
        arguments[4].equals("-")
            ? null
            : new InetSocketAddress(
                InetAddress.ofLiteral(arguments[4]), Integer.parseInt(arguments[5]));
    List<IpPrefix> own = prefixes(arguments[7]);
    List<IpPrefix> allowed = prefixes(arguments[8]);
    List<String> without = List.of(System.getProperty("without", "").split(","));
    WireGuard wireGuard =
        new WireGuard(key, aead, timings(arguments[6]), InstantSource.system(), new SecureRandom());
    try (TunDevice device =
            TunDevice.open(
                TunConfig.of(arguments[0], Integer.parseInt(arguments[1]))
                    .without(without.contains("tun"), without.contains("tun-udp"))
                    .withQueues(Integer.getInteger("queues", 1)));
        StaticPaths paths =
            StaticPaths.open(
                Integer.parseInt(arguments[2]),
                0,
                new UdpOffloads(!without.contains("udp-gso"), !without.contains("udp-gro")),
                Integer.getInteger("queues", 1));
        DatagramChannel unread = DatagramChannel.open();
        DataPlane plane = new DataPlane(device, paths, wireGuard, aead, TunnelMain::failed)) {
      List<PeerTable.Entry> peers = new ArrayList<>();
      peers.add(new PeerTable.Entry(peerKey, allowed, paths.add(peerKey, peerAddress)));
      if (arguments.length > 9) {
        unread.bind(new InetSocketAddress(Integer.parseInt(arguments[10])));
        for (String line : Files.readAllLines(Path.of(arguments[9]))) {
          NodePublicKey other = NodePublicKey.of(HexFormat.of().parseHex(line));
          peers.add(new PeerTable.Entry(other, List.of(), paths.add(other, null)));
        }
      }
      plane.apply(
          new PeerTable(
              peers, PacketFilter.compile(List.of(FilterRule.ALLOW_ALL, ALL_PROTOCOLS), own)));
      plane.start();
      Set<String> handshakes = new TreeSet<>();
      Thread.ofVirtual().start(() -> collect(plane, peerKey, handshakes));
      System.out.println("ready " + aead.name());
      String line;
      while ((line = in.readLine()) != null) {
        String[] words = line.split(" ");
        switch (words[0]) {
          case "echo" -> {
            Echo.serve(InetAddress.ofLiteral(words[1]));
            System.out.println("echoing");
          }
          case "check" ->
              System.out.println(
                  "checked "
                      + Echo.check(InetAddress.ofLiteral(words[1]), words[2], plane.statistics()));
          default -> report(plane, wireGuard, device, handshakes);
        }
      }
    }
  }

  private static void failed(Throwable cause) {
    cause.printStackTrace();
    System.exit(1);
  }

  private static List<IpPrefix> prefixes(String text) {
    return Arrays.stream(text.split(",")).map(IpPrefix::parse).toList();
  }

  private static Timings timings(String text) {
    if (text.equals("standard")) {
      return Timings.STANDARD;
    }
    Duration renewal = Duration.ofMillis(Long.parseLong(text));
    return new Timings(
        renewal,
        renewal.multipliedBy(4),
        Duration.ofSeconds(90),
        renewal.dividedBy(2),
        Duration.ZERO,
        renewal,
        Duration.ofSeconds(120));
  }

  private static void collect(DataPlane plane, NodePublicKey key, Set<String> handshakes) {
    while (true) {
      Peer peer = plane.peer(key);
      if (peer != null && peer.lastHandshake() != null) {
        synchronized (handshakes) {
          handshakes.add(peer.lastHandshake().toString());
        }
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException _) {
        return;
      }
    }
  }

  private static void report(
      DataPlane plane, WireGuard wireGuard, TunDevice device, Set<String> handshakes)
      throws IOException {
    Statistics.Snapshot snapshot = plane.statistics().snapshot();
    HandshakeCounters counters = wireGuard.handshakeCounters();
    int renewals;
    synchronized (handshakes) {
      renewals = handshakes.size();
    }
    System.out.printf(
        "stats handshakes=%d tunRead=%.1f udpSend=%.1f udpReceive=%.1f tunWrite=%.1f"
            + " packetsOut=%d packetsIn=%d forged=%d cookies=%d limited=%d admitted=%d authentic=%d"
            + " work=%d cpu=%d bytesIn=%d at=%d busy=%d receiving=%s refused=%d drops=%s%n",
        renewals,
        snapshot.tunReads().mean(),
        snapshot.udpSends().mean(),
        snapshot.udpReceives().mean(),
        snapshot.tunWrites().mean(),
        snapshot.udpSends().packets(),
        snapshot.udpReceives().packets(),
        counters.forged(),
        counters.cookieReplies(),
        counters.limited(),
        counters.admitted(),
        counters.authentic(),
        counters.work().toNanos(),
        ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toNanos(),
        snapshot.bytesIn(),
        System.nanoTime(),
        busy("tailjar-tx").size(),
        busy("tailjar-rx"),
        device.refusedWrites(),
        snapshot.drops());
  }

  /** The threads of that name that have done any work to speak of. */
  private static List<String> busy(String name) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(name))
        .filter(thread -> threads.getThreadCpuTime(thread.threadId()) > 5_000_000)
        .map(Thread::getName)
        .sorted()
        .toList();
  }
}
