package org.tailjar.launcher;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.tailnet.CallCount;
import org.tailjar.tailnet.NetworkCheck;
import org.tailjar.tailnet.NodeStatus;
import org.tailjar.tailnet.PingResult;
import org.tailjar.tailnet.StartException;
import org.tailjar.tailnet.StartFailure;
import org.tailjar.tailnet.TailnetNode;
import org.tailjar.tailnet.TrafficStatistics;

/** A node that says what a test wants it to say. */
final class FakeNode implements TailnetNode {
  static final InetAddress SELF = InetAddress.ofLiteral("100.64.0.1");
  static final InetAddress DIRECT_PEER = InetAddress.ofLiteral("100.64.0.2");
  static final InetAddress RELAYED_PEER = InetAddress.ofLiteral("100.64.0.3");
  static final InetAddress SILENT_PEER = InetAddress.ofLiteral("100.64.0.4");

  final CompletableFuture<StartFailure> failure = new CompletableFuture<>();
  final CountDownLatch started = new CountDownLatch(1);
  final CountDownLatch closed = new CountDownLatch(1);
  volatile @Nullable StartFailure startFailure;
  volatile NodeStatus status = running();
  volatile @Nullable DerpMapWire relays;
  volatile boolean ready = true;
  volatile boolean live = true;
  volatile boolean hangs;
  volatile int logouts;
  volatile @Nullable IOException logoutFailure;

  @Override
  public void start() {
    var failing = startFailure;
    if (failing != null) {
      throw new StartException(failing);
    }
    started.countDown();
  }

  @Override
  public CompletableFuture<StartFailure> failed() {
    return failure;
  }

  @Override
  public NodeStatus status() {
    return status;
  }

  @Override
  public Optional<DerpMapWire> relays() {
    return Optional.ofNullable(relays);
  }

  @Override
  public boolean ready() {
    return ready;
  }

  @Override
  public boolean live() {
    return live;
  }

  @Override
  public PingResult ping(InetAddress address, Duration timeout) throws InterruptedException {
    if (address.equals(SELF)) {
      return new PingResult.Local(address);
    }
    if (address.equals(DIRECT_PEER)) {
      return new PingResult.Direct(
          address, "web", new InetSocketAddress("192.0.2.7", 41641), Duration.ofMillis(3));
    }
    if (address.equals(RELAYED_PEER)) {
      return new PingResult.Relayed(address, "db", 999, "headscale", Duration.ofMillis(40));
    }
    if (address.equals(SILENT_PEER)) {
      closed.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return new PingResult.Failed(address, "gone", "no answer");
    }
    return new PingResult.NoSuchPeer(address);
  }

  @Override
  public void logout(Duration timeout) throws IOException {
    var failing = logoutFailure;
    if (failing != null) {
      throw failing;
    }
    logouts++;
  }

  @Override
  public void close() {
    closed.countDown();
    if (hangs) {
      LockSupport.park();
    }
  }

  /** A node with three peers. */
  static NodeStatus running() {
    var self =
        new NodeStatus.Self(
            machine(1, "tailjar", "100.64.0.1", "fd7a:115c:a1e0::1", true),
            "headscale",
            List.of(new InetSocketAddress("192.0.2.1", 41641)),
            Optional.of(network()));
    return new NodeStatus(
        NodeStatus.State.RUNNING,
        Optional.empty(),
        true,
        Optional.of("tailscale0"),
        41641,
        Optional.of(self),
        List.of(
            peer(2, "web", "100.64.0.2", "fd7a:115c:a1e0::2", true, "192.0.2.7"),
            peer(3, "db", "100.64.0.3", "fd7a:115c:a1e0::3", true, ""),
            peer(4, "gone", "100.64.0.4", "fd7a:115c:a1e0::4", false, "")),
        Map.of(7L, new NodeStatus.User(7, "ada@example.com", "Ada")),
        List.of(),
        Optional.of(new NodeStatus.TailnetInfo("example.com", "tail.example.com", true)),
        Optional.of(Duration.ofMillis(2500)),
        "connected",
        "on",
        new TrafficStatistics(
            new CallCount(10, 320),
            new CallCount(4, 100),
            new CallCount(8, 100),
            new CallCount(3, 100),
            400_000,
            120_000,
            Map.of("dropped_by_filter", 5L)));
  }

  /** Two relays answered, one of them saw another port. */
  private static NetworkCheck network() {
    return new NetworkCheck(
        Instant.parse("2026-01-02T03:04:05.678Z"),
        List.of(
            new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 41641),
            new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 50000),
            new InetSocketAddress(InetAddress.ofLiteral("2001:db8::1"), 41641)),
        true,
        true,
        Optional.of(true),
        9,
        Map.of(9, Duration.ofNanos(12_345_678), 10, Duration.ofMillis(1500)));
  }

  /** The same node with another address. */
  static NodeStatus onAddress(NodeStatus status, String address) {
    return new NodeStatus(
        status.state(),
        status.authUrl(),
        status.haveNodeKey(),
        status.interfaceName(),
        status.udpPort(),
        Optional.of(
            new NodeStatus.Self(
                machine(1, "tailjar", address, "fd7a:115c:a1e0::1", true),
                "headscale",
                List.of(),
                Optional.empty())),
        status.peers(),
        status.users(),
        status.health(),
        status.tailnet(),
        status.mapAge(),
        status.serverConnection(),
        status.dns(),
        status.traffic());
  }

  /** A node that the server wants a person for. */
  static NodeStatus needsLogin() {
    return new NodeStatus(
        NodeStatus.State.NEEDS_LOGIN,
        Optional.of(URI.create("https://headscale.example.com/register/abc")),
        true,
        Optional.of("tailscale0"),
        41641,
        Optional.empty(),
        List.of(),
        Map.of(),
        List.of("the node key has expired"),
        Optional.empty(),
        Optional.empty(),
        "connected",
        "on",
        TrafficStatistics.NONE);
  }

  private static NodeStatus.Machine machine(
      long id, String name, String v4, String v6, boolean online) {
    return new NodeStatus.Machine(
        Long.toString(id),
        id,
        "nodekey:" + Long.toString(id).repeat(64),
        name,
        name + ".tail.example.com.",
        "linux",
        7,
        List.of(InetAddress.ofLiteral(v4), InetAddress.ofLiteral(v6)),
        List.of(),
        online,
        Optional.of(Instant.parse("2026-01-02T03:04:05Z")),
        Optional.empty());
  }

  private static NodeStatus.Peer peer(
      long id, String name, String v4, String v6, boolean online, String current) {
    return new NodeStatus.Peer(
        machine(id, name, v4, v6, online),
        List.of(v4 + "/32", v6 + "/128"),
        List.of(),
        List.of(new InetSocketAddress("192.0.2.7", 41641)),
        current.isEmpty()
            ? Optional.empty()
            : Optional.of(new InetSocketAddress(InetAddress.ofLiteral(current), 41641)),
        "headscale",
        online ? 2000 : 0,
        online ? 1000 : 0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        online,
        false,
        false);
  }
}
