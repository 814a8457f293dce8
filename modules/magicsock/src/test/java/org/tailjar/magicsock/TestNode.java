package org.tailjar.magicsock;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpMap;
import org.tailjar.linux.UdpOffloads;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

/** A Magicsock with a thread that receives, as the data plane has one. */
final class TestNode implements AutoCloseable {

  /** A WireGuard message that arrived. */
  record Received(Path path, byte[] bytes) {}

  final NodePublicKey key;
  final DiscoPrivateKey discoKey = DiscoPrivateKey.generate();
  final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
  final BlockingQueue<LocalPaths> told = new LinkedBlockingQueue<>();
  final Magicsock magicsock;
  private final Thread thread;
  private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private volatile boolean stopping;

  TestNode(NodePrivateKey key, MagicsockConfig.RelayFactory relays) throws IOException {
    this(key, Optional.empty(), relays);
  }

  private TestNode(
      NodePrivateKey key,
      Optional<DiscoPrivateKey> formerDiscoKey,
      MagicsockConfig.RelayFactory relays)
      throws IOException {
    this.key = key.publicKey();
    MagicsockConfig config =
        new MagicsockConfig(
            0, 0, UdpOffloads.ALL, "tailscale0", key.publicKey(), discoKey, formerDiscoKey, relays);
    magicsock = Magicsock.open(config, told::add);
    thread = Thread.ofPlatform().daemon().start(this::run);
  }

  /** A node at the relay of a hub. */
  static TestNode at(FakeRelays.Hub hub) throws IOException {
    NodePrivateKey key = NodePrivateKey.generate();
    return new TestNode(key, (input, listener) -> new FakeRelays(hub, key.publicKey(), input));
  }

  /** A node at the relay of a hub, which had another DISCO key in its former life. */
  static TestNode at(FakeRelays.Hub hub, DiscoPrivateKey formerDiscoKey) throws IOException {
    NodePrivateKey key = NodePrivateKey.generate();
    return new TestNode(
        key,
        Optional.of(formerDiscoKey),
        (input, listener) -> new FakeRelays(hub, key.publicKey(), input));
  }

  private void run() {
    try (Arena arena = Arena.ofConfined()) {
      Batch batch = new Batch(arena);
      while (!stopping) {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
          task.run();
        }
        if (magicsock.receive(batch, System.nanoTime() + 1_000_000_000L)) {
          for (int i = 0; i < batch.count(); i++) {
            received.add(
                new Received(
                    batch.path(),
                    batch
                        .memory()
                        .asSlice(batch.offset(i), batch.length(i))
                        .toArray(ValueLayout.JAVA_BYTE)));
          }
        }
      }
    } catch (IOException e) {
      if (!stopping) {
        throw new AssertionError(e);
      }
    }
  }

  /** Runs something on the thread that receives, and waits for its end. */
  void onReceiver(Runnable task) throws Exception {
    FutureTask<Void> future = new FutureTask<>(task, null);
    tasks.add(future);
    magicsock.wake();
    future.get(10, TimeUnit.SECONDS);
  }

  /** Knows one peer, reachable by the relay and at the endpoints. */
  void knows(TestNode peer, DerpMap map, InetSocketAddress... endpoints) {
    knows(peer, peer.discoKey, map, endpoints);
  }

  /** The same by a DISCO key that the peer may have had before. */
  void knows(TestNode peer, DiscoPrivateKey discoKey, DerpMap map, InetSocketAddress... endpoints) {
    magicsock.apply(
        new PathConfig(
            List.of(
                new PathConfig.Peer(
                    peer.key,
                    discoKey.publicKey(),
                    map.regions().isEmpty() ? 0 : map.regions().firstKey(),
                    List.of(endpoints))),
            map));
  }

  InetSocketAddress loopback() {
    return new InetSocketAddress("127.0.0.1", magicsock.port());
  }

  /** Sends messages of equal length to a peer by all paths of its route, as the data plane does. */
  void send(TestNode peer, int count, int length) {
    Route route = magicsock.route(magicsock.endpoint(peer.key));
    if (route == null) {
      return;
    }
    send(route.first(), count, length);
    if (route.second() != null) {
      send(route.second(), count, length);
    }
  }

  private void send(Path path, int count, int length) {
    try (Arena arena = Arena.ofConfined()) {
      Batch batch = new Batch(arena);
      batch.clear(path);
      for (int i = 0; i < count; i++) {
        int offset = batch.append(length);
        MemorySegment message = batch.memory().asSlice(offset, length);
        message.fill((byte) i);
        message.set(ValueLayout.JAVA_INT_UNALIGNED, 0, 4);
      }
      magicsock.send(path, batch);
    }
  }

  Received next() throws InterruptedException {
    Received next = received.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing arrived");
    }
    return next;
  }

  boolean isDirectTo(TestNode peer) {
    PeerPathStatus status = magicsock.status(peer.key).orElseThrow();
    return status.direct().isPresent() && status.trusted();
  }

  @Override
  public void close() {
    stopping = true;
    magicsock.wake();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    magicsock.close();
  }
}
