package org.tailjar.testkit.junit;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.tailjar.packet.InMemoryDevice;
import org.tailjar.tailnet.AuthKeySource;
import org.tailjar.tailnet.DeviceKind;
import org.tailjar.tailnet.LogoutPolicy;
import org.tailjar.tailnet.NodeConfig;
import org.tailjar.tailnet.NodeStatus;
import org.tailjar.tailnet.PingResult;
import org.tailjar.tailnet.Secret;
import org.tailjar.tailnet.Tailnet;
import org.tailjar.tailnet.TailnetNode;
import org.tailjar.testkit.AuthKeyOptions;
import org.tailjar.testkit.Datagram;
import org.tailjar.testkit.TestTailnet;

/**
 * A node that has joined the tailnet of a test: the whole product, in this process. Closed by the
 * extension, or earlier by the test, for its peers to see it go.
 */
public final class TestNode implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int ANY_PORT = 40_000;

  private final String name;
  private final TailnetNode node;
  private final @Nullable InMemoryDevice device;
  private volatile boolean open = true;

  private TestNode(String name, TailnetNode node, @Nullable InMemoryDevice device) {
    this.name = name;
    this.node = node;
    this.device = device;
  }

  static TestNode join(TestTailnet tailnet, String name, DeviceKind kind, String... tags)
      throws InterruptedException {
    NodeConfig config =
        NodeConfig.builder(tailnet.url())
            .authKey(key(tailnet, tags))
            .hostname(name)
            .udpPort(0)
            .logout(LogoutPolicy.NEVER)
            .device(kind)
            .build();
    InMemoryDevice device =
        kind == DeviceKind.MEMORY ? new InMemoryDevice(name, NodeConfig.DEFAULT_MTU) : null;
    TailnetNode node = device == null ? Tailnet.open(config) : Tailnet.open(config, device);
    TestNode joined = new TestNode(name, node, device);
    try {
      node.start();
      joined.await("be ready", node::ready);
      return joined;
    } catch (RuntimeException | InterruptedException e) {
      node.close();
      throw e;
    }
  }

  private static AuthKeySource key(TestTailnet tailnet, String... tags) {
    return AuthKeySource.of(
        Secret.of(tailnet.control().newAuthKey(AuthKeyOptions.ONCE.tagged(tags))));
  }

  /** Its host name. */
  public String name() {
    return name;
  }

  /** The node itself. */
  public TailnetNode node() {
    return node;
  }

  /** Its IPv4 address on the tailnet. */
  public InetAddress address() {
    return address(true);
  }

  /** Its IPv6 address on the tailnet. */
  public InetAddress address6() {
    return address(false);
  }

  private InetAddress address(boolean four) {
    return node.status().self().orElseThrow().machine().addresses().stream()
        .filter(address -> address instanceof Inet4Address == four)
        .findFirst()
        .orElseThrow();
  }

  /**
   * Where its packets go and come from: whole IP packets are {@linkplain InMemoryDevice#inject
   * injected} to be sent, and {@linkplain InMemoryDevice#take taken} when they have come.
   *
   * @throws IllegalStateException if it has a TUN interface
   */
  public InMemoryDevice device() {
    InMemoryDevice inMemory = device;
    if (inMemory == null) {
      throw new IllegalStateException(name + " has a TUN interface: use sockets");
    }
    return inMemory;
  }

  /**
   * Sends a UDP datagram, by IPv4.
   *
   * @throws IllegalStateException if it has a TUN interface
   */
  public void send(TestNode to, int port, byte[] payload) {
    Datagram datagram =
        new Datagram(
            new InetSocketAddress(address(), ANY_PORT),
            new InetSocketAddress(to.address(), port),
            payload);
    device().inject(datagram.packet());
  }

  /**
   * Sends text in UTF-8 as a UDP datagram, by IPv4.
   *
   * @throws IllegalStateException if it has a TUN interface
   */
  public void send(TestNode to, int port, String text) {
    send(to, port, text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The next UDP datagram that comes within 30 s; other packets that come before it are dropped.
   *
   * @throws AssertionError if none comes
   * @throws IllegalStateException if it has a TUN interface
   */
  public Datagram receive() throws InterruptedException {
    return receive(PATIENCE)
        .orElseThrow(() -> new AssertionError("nothing came to " + name + " within " + PATIENCE));
  }

  /**
   * The next UDP datagram that comes within that time, or empty; other packets that come before it
   * are dropped.
   *
   * @throws IllegalStateException if it has a TUN interface
   */
  public Optional<Datagram> receive(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
      byte[] packet = device().take(left);
      if (packet == null) {
        return Optional.empty();
      }
      Optional<Datagram> datagram = Datagram.parse(packet);
      if (datagram.isPresent()) {
        return datagram;
      }
    }
  }

  /** Asks by DISCO how a peer is reached, and how fast. */
  public PingResult ping(TestNode peer) throws InterruptedException {
    return node.ping(peer.address(), PATIENCE);
  }

  /** Its name. */
  @Override
  public String toString() {
    return name;
  }

  /** Ends the node; it stays registered, and its peers see it offline after a while. */
  @Override
  public void close() {
    open = false;
    node.close();
  }

  boolean isOpen() {
    return open;
  }

  boolean isOnTun() {
    return device == null && open;
  }

  /** Waits until it knows another node and how to reach it. */
  void awaitPeer(TestNode other) throws InterruptedException {
    String key = other.node.status().self().orElseThrow().machine().publicKey();
    await("see " + other, () -> node.status().peers().stream().anyMatch(p -> isReachable(p, key)));
  }

  private static boolean isReachable(NodeStatus.Peer peer, String key) {
    return peer.machine().publicKey().equals(key)
        && peer.machine().online()
        && !peer.relay().isEmpty();
  }

  private void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s does not %s within %s: %s"
                .formatted(name, what, PATIENCE, Objects.toString(node.status())));
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }
}
