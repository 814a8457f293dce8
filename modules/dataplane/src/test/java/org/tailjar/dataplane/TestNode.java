package org.tailjar.dataplane;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.PacketCiphers;
import org.tailjar.dataplane.FakePaths.FakeEndpoint;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.filter.FilterRule;
import org.tailjar.filter.PacketFilter;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.ForwardingDevice;
import org.tailjar.packet.InMemoryDevice;
import org.tailjar.packet.IpPrefix;
import org.tailjar.packet.PacketQueue;
import org.tailjar.wireguard.Timings;
import org.tailjar.wireguard.WireGuard;

/** A packet path on a device and paths in memory. */
final class TestNode implements AutoCloseable {

  static final int MTU = 1280;
  static final Duration PATIENCE = Duration.ofSeconds(10);

  final String address;
  final String address6;
  final NodePrivateKey key = NodePrivateKey.generate();
  final FakeEndpoint endpoint = new FakeEndpoint(key.publicKey());
  final InMemoryDevice device;

  /** What can be read at once; the first is the device. */
  final List<InMemoryDevice> queues = new ArrayList<>();

  final FakePaths paths;
  final List<Throwable> failures = new CopyOnWriteArrayList<>();
  final DataPlane dataPlane;
  private final List<PeerTable.Entry> peers = new ArrayList<>();

  TestNode(int number) {
    this(number, Timings.STANDARD);
  }

  TestNode(int number, Timings timings) {
    this(number, timings, PacketCiphers.byName("jce"));
  }

  TestNode(int number, Timings timings, Aead aead) {
    this(number, timings, aead, 1, 4096);
  }

  TestNode(int number, Timings timings, Aead aead, int transmitters, int capacity) {
    this(number, timings, aead, transmitters, capacity, 1);
  }

  TestNode(int number, Timings timings, Aead aead, int transmitters, int capacity, int receivers) {
    paths = new FakePaths(receivers);
    address = "100.64.0." + number;
    address6 = "fd7a:115c:a1e0::" + number;
    for (int i = 0; i < transmitters; i++) {
      queues.add(new InMemoryDevice("node" + number, MTU, capacity));
    }
    device = queues.getFirst();
    SecureRandom random = new SecureRandom();
    WireGuard wireGuard = new WireGuard(key, aead, timings, InstantSource.system(), random);
    dataPlane = new DataPlane(new Queued(queues), paths, wireGuard, aead, failures::add);
    dataPlane.start();
  }

  /** A device of several queues. */
  private static final class Queued extends ForwardingDevice {
    private final List<PacketQueue> queues;

    Queued(List<InMemoryDevice> queues) {
      super(queues.getFirst());
      this.queues = List.copyOf(queues);
    }

    @Override
    public List<PacketQueue> queues() {
      return queues;
    }
  }

  PacketFilter allowAll() {
    return PacketFilter.compile(
        List.of(FilterRule.ALLOW_ALL), List.of(IpPrefix.parse(address), IpPrefix.parse(address6)));
  }

  void apply(PacketFilter filter) {
    dataPlane.apply(new PeerTable(peers, filter));
  }

  /** Makes two nodes peers of each other that let everything in. */
  static FakePath join(TestNode one, TestNode two) {
    FakePath path = FakePaths.connect(one.paths, two.paths, 0);
    one.add(two, path, null);
    two.add(one, FakePaths.otherEnd(path), null);
    return path;
  }

  void add(TestNode peer, FakePath path, @Nullable FakePath second) {
    paths.routes.put(peer.endpoint, new Route(path, second));
    peers.add(
        new PeerTable.Entry(
            peer.key.publicKey(),
            List.of(IpPrefix.parse(peer.address), IpPrefix.parse(peer.address6)),
            peer.endpoint));
    apply(allowAll());
  }

  void remove(TestNode peer) {
    peers.removeIf(entry -> entry.endpoint() == peer.endpoint);
    apply(allowAll());
  }

  long drops(Drop reason) {
    return dataPlane.statistics().snapshot().drops().getOrDefault(reason, 0L);
  }

  /** Waits until the first RX thread has done what it was told to. */
  void flushInbox() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    dataPlane.execute(done::countDown);
    if (!done.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new AssertionError("the first RX thread does nothing");
    }
  }

  byte @Nullable [] take() throws InterruptedException {
    return device.take(PATIENCE);
  }

  @Override
  public void close() {
    dataPlane.close();
    queues.forEach(InMemoryDevice::close);
  }
}
