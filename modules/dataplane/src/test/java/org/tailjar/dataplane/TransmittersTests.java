package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.PacketCiphers;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.filter.PacketFilter;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.IpPrefix;
import org.tailjar.wireguard.Timings;

/** Several TX threads: what a single one does by itself must hold for all of them together. */
@Timeout(120)
class TransmittersTests {

  private static final int CAPACITY = 1 << 16;
  private static final int TRANSPORT = 4;

  /** A session and a counter of it. */
  private record Sent(int receiver, long counter) {}

  private final List<TestNode> nodes = new ArrayList<>();
  private final Set<Sent> sent = ConcurrentHashMap.newKeySet();
  private final AtomicLong repeated = new AtomicLong();

  @AfterEach
  void close() {
    nodes.forEach(TestNode::close);
  }

  private TestNode node(int number, int transmitters) {
    return node(number, transmitters, PacketCiphers.byName("jce"));
  }

  private TestNode node(int number, int transmitters, Aead aead) {
    TestNode node = new TestNode(number, Timings.STANDARD, aead, transmitters, CAPACITY);
    nodes.add(node);
    return node;
  }

  private static boolean isTransport(byte[] datagram) {
    return datagram[0] == TRANSPORT;
  }

  private static long counter(byte[] datagram) {
    return ByteBuffer.wrap(datagram).order(ByteOrder.LITTLE_ENDIAN).getLong(8);
  }

  /** Notes the counters that a node sends. */
  private boolean note(byte[] datagram) {
    if (isTransport(datagram)) {
      int receiver = ByteBuffer.wrap(datagram).getInt(4);
      if (!sent.add(new Sent(receiver, counter(datagram)))) {
        repeated.incrementAndGet();
      }
    }
    return true;
  }

  /** A packet of a flow, which is its source port, with its number in the flow. */
  private static byte[] packet(TestNode from, TestNode to, int flow, int number) {
    // Of several lengths, so that batches end early too.
    byte[] payload = new byte[100 + (number / 7 % 3) * 200];
    ByteBuffer.wrap(payload).putInt(payload.length - 4, number);
    return Packets.udp(from.address, flow, to.address, 9, payload);
  }

  private static int flow(byte[] packet) {
    return ByteBuffer.wrap(packet).getShort(20) & 0xffff;
  }

  private static void open(TestNode from, TestNode to) throws InterruptedException {
    from.device.inject(Packets.numbered(from.address, to.address, 1));
    assertThat(to.take()).isNotNull();
  }

  @ParameterizedTest(name = "{0} TX threads, {1} peers")
  @CsvSource({"1, 1", "2, 1", "3, 1", "4, 1", "2, 3", "4, 3"})
  void everyFlowKeepsItsOrderAndNothingIsLost(int transmitters, int peers)
      throws InterruptedException {
    int flows = 8;
    int perFlow = 16_000 / flows / peers;
    TestNode from = node(1, transmitters);
    List<TestNode> to = new ArrayList<>();
    for (int i = 0; i < peers; i++) {
      TestNode peer = node(2 + i, 1);
      to.add(peer);
      TestNode.join(from, peer);
    }
    from.paths.passes = this::note;
    for (TestNode peer : to) {
      open(from, peer);
    }

    for (int number = 0; number < perFlow; number++) {
      for (int flow = 0; flow < flows; flow++) {
        for (TestNode peer : to) {
          // As the kernel does: all packets of a flow by one queue.
          from.queues.get(flow % transmitters).inject(packet(from, peer, 5000 + flow, number));
        }
      }
    }

    for (TestNode peer : to) {
      Arrivals.takeAll(peer, flows, perFlow);
      assertThat(peer.dataPlane.statistics().snapshot().drops()).isEmpty();
    }
    assertThat(from.dataPlane.statistics().snapshot().drops()).isEmpty();
    assertThat(repeated).as("counters used twice").hasValue(0);
    assertThat(sent).as("counters").hasSizeGreaterThanOrEqualTo(peers * flows * perFlow);
    assertThat(from.failures).isEmpty();
  }

  /** Else more threads would not send more. */
  @ParameterizedTest(name = "{0} TX threads")
  @ValueSource(ints = {2, 4})
  void allThreadsSealOnOneSessionAtTheSameTime(int transmitters) throws InterruptedException {
    int flows = 2 * transmitters;
    int perFlow = 500;
    RendezvousCipher cipher = new RendezvousCipher(RendezvousCipher.Side.SEALING);
    TestNode from = node(1, transmitters, cipher);
    TestNode to = node(2, 1, new NullCipher());
    TestNode.join(from, to);
    open(from, to);
    cipher.hold(transmitters);
    for (int number = 0; number < perFlow; number++) {
      for (int flow = 0; flow < flows; flow++) {
        from.queues.get(flow % transmitters).inject(packet(from, to, 5000 + flow, number));
      }
    }
    assertThat(cipher.missing()).as("TX threads that cannot seal while others do").isZero();
    Arrivals.takeAll(to, flows, perFlow);
  }

  @Test
  void packetsOfAllThreadsThatWaitForTheHandshakeKeepTheirOrder() throws InterruptedException {
    TestNode from = node(1, 4);
    TestNode to = node(2, 1);
    CountDownLatch staged = new CountDownLatch(1);
    TestNode.join(from, to);
    from.paths.passes =
        datagram -> {
          awaitUninterrupted(staged);
          return true;
        };
    int perFlow = StagedPackets.CAPACITY / 8;
    for (int number = 0; number < perFlow; number++) {
      for (int flow = 0; flow < 4; flow++) {
        from.queues.get(flow).inject(packet(from, to, 5000 + flow, number));
      }
    }
    while (from.dataPlane.statistics().snapshot().tunReads().calls() < 4 * perFlow) {
      Thread.onSpinWait();
    }
    staged.countDown();

    Arrivals arrivals = new Arrivals(to);
    arrivals.take(1);
    // From now on directly, while those that waited are still on their way.
    for (int number = perFlow; number < 1000; number++) {
      for (int flow = 0; flow < 4; flow++) {
        from.queues.get(flow).inject(packet(from, to, 5000 + flow, number));
      }
    }
    arrivals.take(4 * 1000 - 1);
    assertThat(from.drops(Drop.OUT_STAGING_FULL)).isZero();
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * The system stops a thread that has taken counters and not sent them, while another has more to
   * send than the peer's window holds.
   */
  @Test
  void aThreadThatIsHeldUpIsNotOutrun() throws InterruptedException {
    int packets = 10_000;
    TestNode from = node(1, 2);
    TestNode to = node(2, 1);
    TestNode.join(from, to);
    open(from, to);
    CountDownLatch taken = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicLong held = new AtomicLong(-1);
    AtomicLong greatest = new AtomicLong();
    from.paths.passes =
        datagram -> {
          if (isTransport(datagram) && goOn.getCount() > 0) {
            if (Thread.currentThread().getName().equals("tailjar-tx-0")) {
              held.set(counter(datagram));
              taken.countDown();
              awaitUninterrupted(goOn);
            } else {
              greatest.accumulateAndGet(counter(datagram), Math::max);
            }
          }
          return true;
        };
    from.queues.getFirst().inject(packet(from, to, 5000, 0));
    taken.await();
    for (int number = 0; number < packets; number++) {
      from.queues.getLast().inject(packet(from, to, 5001, number));
    }
    while (!isWaitingForItsTurn("tailjar-tx-1") && greatest.get() < packets) {
      Thread.onSpinWait();
    }
    assertThat(greatest.get() - held.get()).isPositive().isLessThan(1024);
    goOn.countDown();

    Map<Integer, Integer> last = new HashMap<>();
    for (int i = 0; i < packets + 1; i++) {
      byte[] packet = Objects.requireNonNull(to.take(), "a packet is missing");
      last.put(flow(packet), Packets.number(packet));
    }
    assertThat(last).isEqualTo(Map.of(5000, 0, 5001, packets - 1));
    assertThat(to.dataPlane.statistics().snapshot().drops()).isEmpty();
  }

  private static boolean isWaitingForItsTurn(String name) {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> entry.getKey().getName().equals(name))
        .flatMap(entry -> Arrays.stream(entry.getValue()))
        .anyMatch(frame -> frame.getMethodName().equals("awaitTurn"));
  }

  /** Each thread follows the change by itself, and none lets new packets overtake its own. */
  @Test
  void anotherPathLeavesTheOrderOfEveryFlowAsItWas() throws InterruptedException {
    int flows = 4;
    int perFlow = 3000;
    TestNode from = node(1, 4);
    TestNode to = node(2, 1);
    FakePath first = TestNode.join(from, to);
    FakePath second = FakePaths.connect(from.paths, to.paths, 37);
    open(from, to);
    for (int number = 0; number < perFlow; number++) {
      if (number % 100 == 0) {
        from.paths.routes.put(to.endpoint, new Route(number / 100 % 2 == 0 ? first : second, null));
      }
      for (int flow = 0; flow < flows; flow++) {
        from.queues.get(flow).inject(packet(from, to, 5000 + flow, number));
      }
    }
    Arrivals.takeAll(to, flows, perFlow);
    assertThat(to.dataPlane.statistics().snapshot().drops()).isEmpty();
  }

  @Test
  void repliesToWhatAnyThreadSentComeIn() throws InterruptedException {
    TestNode from = node(1, 4);
    TestNode to = node(2, 1);
    TestNode.join(from, to);
    open(from, to);
    from.apply(PacketFilter.compile(List.of(), List.of(IpPrefix.parse(from.address))));
    for (int flow = 0; flow < 4; flow++) {
      from.queues.get(flow).inject(packet(from, to, 5000 + flow, 0));
      assertThat(to.take()).isNotNull();
    }
    for (int flow = 3; flow >= 0; flow--) {
      byte[] reply = Packets.udp(to.address, 9, from.address, 5000 + flow, new byte[4]);
      to.device.inject(reply);
      assertThat(from.take()).isEqualTo(reply);
    }
    to.device.inject(Packets.udp(to.address, 9, from.address, 5004, new byte[4]));
    to.device.inject(Packets.udp(to.address, 9, from.address, 5000, new byte[] {1, 2, 3, 4}));
    assertThat(Packets.number(Objects.requireNonNull(from.take()))).isEqualTo(0x01020304);
    assertThat(from.drops(Drop.IN_FILTERED)).isEqualTo(1);
  }
}
