package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpInput;
import org.tailjar.derp.DerpListener;
import org.tailjar.derp.Relays;
import org.tailjar.linux.SendResult;
import org.tailjar.linux.UdpAddress;
import org.tailjar.linux.UdpOffloads;
import org.tailjar.linux.UdpSocket;
import org.tailjar.packet.Batch;

/** Sending and receiving a batch may not cost an allocation for each. */
@Timeout(120)
class AllocationTests {

  private static final int WARM_UP = 20_000;
  private static final int MEASURED = 5_000;

  /** Less than the smallest object in each round, and more than what the JVM does on the way. */
  private static final long ALLOWED = 8L * MEASURED;

  private final NodePublicKey self = NodePrivateKey.generate().publicKey();
  private final NodePublicKey peer = NodePrivateKey.generate().publicKey();
  private DerpInput ring;

  private interface Round {
    void run() throws IOException;
  }

  private static void measure(Round round) throws IOException {
    assumeTrue(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean, "ThreadMXBean");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int i = 0; i < WARM_UP; i++) {
      round.run();
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < MEASURED; i++) {
      round.run();
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(ALLOWED);
  }

  private static void fill(Batch batch, Route route) {
    batch.clear(route.first());
    for (int i = 0; i < 4; i++) {
      batch.memory().set(ValueLayout.JAVA_INT_UNALIGNED, batch.append(200), 4);
    }
  }

  private Relays relays(DerpInput input, DerpListener listener) {
    ring = input;
    return new FakeRelays(new FakeRelays.Hub(), self, input);
  }

  private Magicsock magicsock(List<InetSocketAddress> endpoints, int region) throws IOException {
    Magicsock made =
        Magicsock.open(
            new MagicsockConfig(
                0,
                0,
                UdpOffloads.ALL,
                "none0",
                self,
                DiscoPrivateKey.generate(),
                Optional.empty(),
                this::relays),
            paths -> {});
    made.apply(
        new PathConfig(
            List.of(new PathConfig.Peer(peer, DiscoPublicKey.ZERO, region, endpoints)),
            FakeRelays.map(-1)));
    return made;
  }

  @Test
  void aDirectRoundTripAllocatesNothing() throws IOException {
    try (Arena arena = Arena.ofConfined();
        StaticPaths echo = StaticPaths.open(0, 0);
        Magicsock magicsock =
            magicsock(List.of(new InetSocketAddress("127.0.0.1", echo.port())), 0)) {
      Batch batch = new Batch(arena);
      Batch echoed = new Batch(arena);
      magicsock.receive(batch, System.nanoTime() + 1_000_000);
      Endpoint endpoint = magicsock.endpoint(peer);
      measure(
          () -> {
            Route route = magicsock.route(endpoint);
            fill(batch, route);
            magicsock.send(route.first(), batch);
            echo.receive(echoed, Long.MAX_VALUE);
            echo.send(echoed.path(), echoed);
            magicsock.receive(batch, Long.MAX_VALUE);
            magicsock.confirmed(endpoint, batch.path());
          });
    }
  }

  @Test
  void aKernelWithoutRoomCostsNoAllocationAndTwoLines() throws IOException {
    List<String> lines = new ArrayList<>();
    AtomicLong now = new AtomicLong();
    SendRoom room = new SendRoom(now::get, (level, line) -> lines.add(line));
    SendResult[] answers = {SendResult.FULL, SendResult.SENT};
    AtomicInteger sends = new AtomicInteger();
    try (Arena arena = Arena.ofConfined();
        UdpSockets sockets =
            UdpSockets.open(
                0,
                0,
                UdpSocket::bind,
                (_, _, _, _, _) -> answers[sends.getAndIncrement() & 1],
                room)) {
      UdpAddress to = UdpAddress.of(new InetSocketAddress("127.0.0.1", 9));
      Batch batch = new Batch(arena);
      fill(batch, new Route(new UdpPath(to), null));
      measure(
          () -> {
            now.addAndGet(1_000_000);
            sockets.send(to, batch);
          });
      assertThat(lines).hasSize(1);
      now.addAndGet(SendRoom.GOOD.toNanos());
      assertThat(sockets.send(to, batch)).isEqualTo(SendResult.FULL);
      now.addAndGet(SendRoom.GOOD.toNanos());
      assertThat(sockets.send(to, batch)).isEqualTo(SendResult.SENT);
      assertThat(lines).hasSize(2);
    }
  }

  @Test
  void whatRelaysDeliverIsReceivedWithoutAllocating() throws IOException {
    try (Arena arena = Arena.ofConfined();
        Magicsock magicsock = magicsock(List.of(), FakeRelays.REGION)) {
      Batch batch = new Batch(arena);
      magicsock.receive(batch, System.nanoTime() + 1_000_000);
      Endpoint endpoint = magicsock.endpoint(peer);
      byte[] message = new byte[1312];
      message[0] = 4;
      measure(
          () -> {
            ring.offer(FakeRelays.REGION, peer, message, 0, message.length);
            ring.offer(FakeRelays.REGION, peer, message, 0, message.length);
            while (!magicsock.receive(batch, Long.MAX_VALUE)) {
              Thread.onSpinWait();
            }
            magicsock.confirmed(endpoint, batch.path());
          });
    }
  }
}
