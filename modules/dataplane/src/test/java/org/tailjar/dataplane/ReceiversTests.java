package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.PacketCiphers;
import org.tailjar.dataplane.FakePaths.Confirmation;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.filter.PacketFilter;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.IpPrefix;
import org.tailjar.wireguard.Timings;

/** Several RX threads: what a single one does by itself must hold for all of them together. */
@Timeout(120)
class ReceiversTests {

  private static final int CAPACITY = 1 << 16;

  private final List<TestNode> nodes = new ArrayList<>();

  @AfterEach
  void close() {
    nodes.forEach(TestNode::close);
  }

  private TestNode node(int number, int receivers, Timings timings) {
    return node(number, receivers, timings, PacketCiphers.byName("jce"));
  }

  private TestNode node(int number, int receivers, Timings timings, Aead aead) {
    TestNode node = new TestNode(number, timings, aead, 1, CAPACITY, receivers);
    nodes.add(node);
    return node;
  }

  private TestNode node(int number, int receivers) {
    return node(number, receivers, Timings.STANDARD);
  }

  /** Peers of a node, with a session each. */
  private List<TestNode> peersOf(TestNode to, int count, Timings timings)
      throws InterruptedException {
    return peersOf(to, count, timings, PacketCiphers.byName("jce"));
  }

  private List<TestNode> peersOf(TestNode to, int count, Timings timings, Aead aead)
      throws InterruptedException {
    List<TestNode> peers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TestNode peer = node(10 + i, 1, timings, aead);
      peers.add(peer);
      TestNode.join(peer, to);
      open(peer, to);
    }
    return peers;
  }

  private static void open(TestNode from, TestNode to) throws InterruptedException {
    from.device.inject(Packets.numbered(from.address, to.address, 1));
    assertThat(to.take()).isNotNull();
  }

  private static byte[] packet(TestNode from, TestNode to, int number) {
    return Packets.numbered(from.address, to.address, number);
  }

  private static String source(byte[] packet) {
    return (packet[12] & 0xff) + "." + packet[13] + "." + packet[14] + "." + packet[15];
  }

  @ParameterizedTest(name = "{0} RX threads, {1} peers")
  @CsvSource({"2, 1", "2, 2", "3, 5", "4, 4", "4, 8"})
  void everyPeerKeepsItsOrderAndNothingIsLost(int receivers, int peers)
      throws InterruptedException {
    int perPeer = 16_000 / peers;
    TestNode to = node(1, receivers);
    List<TestNode> from = peersOf(to, peers, Timings.STANDARD);
    List<Long> before = to.paths.receivedByEach();
    for (int number = 0; number < perPeer; number++) {
      for (TestNode peer : from) {
        peer.device.inject(packet(peer, to, number));
      }
    }
    Arrivals.takeAll(to, peers, perPeer);
    assertThat(to.dataPlane.statistics().snapshot().drops()).isEmpty();
    assertThat(to.dataPlane.statistics().snapshot().bytesIn())
        .isEqualTo((long) peers * (perPeer + 1) * packet(to, to, 0).length);
    List<Long> after = to.paths.receivedByEach();
    for (int i = 0; i < receivers; i++) {
      boolean works = receivers - 1 - i < peers;
      assertThat(after.get(i) > before.get(i)).as("thread %d of %s", i, after).isEqualTo(works);
    }
    assertThat(to.failures).isEmpty();
  }

  /** Else more threads would not receive more. */
  @ParameterizedTest(name = "{0} RX threads")
  @ValueSource(ints = {2, 4})
  void allThreadsOpenAtTheSameTime(int receivers) throws InterruptedException {
    int perPeer = 1000;
    RendezvousCipher cipher = new RendezvousCipher(RendezvousCipher.Side.OPENING);
    TestNode to = node(1, receivers, Timings.STANDARD, cipher);
    List<TestNode> from = peersOf(to, receivers, Timings.STANDARD, new NullCipher());
    cipher.hold(receivers);
    for (int number = 0; number < perPeer; number++) {
      for (TestNode peer : from) {
        peer.device.inject(packet(peer, to, number));
      }
    }
    assertThat(cipher.missing()).as("RX threads that cannot open while others do").isZero();
    Arrivals.takeAll(to, receivers, perPeer);
  }

  /** Keys change while packets come, each handshake on the first thread and its messages not. */
  @Test
  void newKeysLoseNothingAndKeepTheOrder() throws InterruptedException {
    int packets = 6000;
    Timings hasty =
        new Timings(
            Duration.ofMillis(100),
            Duration.ofSeconds(20),
            Duration.ofSeconds(90),
            Duration.ofMillis(50),
            Duration.ZERO,
            Duration.ofSeconds(10),
            Duration.ofSeconds(120));
    TestNode to = node(1, 4, hasty);
    List<TestNode> from = peersOf(to, 3, hasty);
    for (int number = 0; number < packets; number++) {
      for (TestNode peer : from) {
        peer.device.inject(packet(peer, to, number));
      }
      if (number % 100 == 0) {
        Thread.sleep(10);
      }
    }
    Arrivals.takeAll(to, 3, packets);
    for (TestNode peer : from) {
      assertThat(to.dataPlane.peer(peer.key.publicKey()).lastHandshake())
          .isAfter(Instant.now().minusSeconds(30));
    }
    assertThat(to.failures).isEmpty();
  }

  /** What comes by a relay comes by the first thread, also in the middle of what another opens. */
  @Test
  void aSessionWhoseMessagesComeByTwoThreadsAcceptsEachOnce() throws InterruptedException {
    int packets = 4000;
    TestNode to = node(1, 2);
    TestNode from = peersOf(to, 1, Timings.STANDARD).getFirst();
    FakePath arrival = arrivalPath(to, from);
    from.paths.passes =
        datagram -> {
          to.paths.deliver(datagram, datagram.length, arrival, 0);
          to.paths.deliver(datagram, datagram.length, arrival, 1);
          return false;
        };
    for (int number = 0; number < packets; number++) {
      from.device.inject(packet(from, to, number));
    }
    boolean[] seen = new boolean[packets];
    for (int i = 0; i < packets; i++) {
      int number = Packets.number(Objects.requireNonNull(to.take(), "a packet is missing"));
      assertThat(seen[number]).as("packet %d came before", number).isFalse();
      seen[number] = true;
    }
    assertThat(to.device.take(Duration.ofMillis(200))).isNull();
    assertThat(to.drops(Drop.IN_NOT_AUTHENTIC)).isEqualTo(packets);
  }

  /** The path by which a peer is known to come, once the first thread has said so. */
  private static FakePath arrivalPath(TestNode at, TestNode from) throws InterruptedException {
    long end = System.nanoTime() + TestNode.PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      for (Confirmation confirmation : at.paths.confirmations) {
        if (confirmation.peer() == from.endpoint) {
          return (FakePath) confirmation.path();
        }
      }
      Thread.sleep(1);
    }
    throw new AssertionError("no path was confirmed");
  }

  @Test
  void thePathsAreToldOfEachPathOnceByWhicheverThread() throws InterruptedException {
    TestNode to = node(1, 2);
    TestNode from = peersOf(to, 1, Timings.STANDARD).getFirst();
    FakePath first = arrivalPath(to, from);
    FakePath other = FakePaths.connect(from.paths, to.paths, 0);
    for (int number = 0; number < 500; number++) {
      from.device.inject(packet(from, to, number));
      assertThat(to.take()).isNotNull();
    }
    from.paths.routes.put(to.endpoint, new Route(other, null));
    for (int number = 500; number < 600; number++) {
      from.device.inject(packet(from, to, number));
      assertThat(to.take()).isNotNull();
    }
    List<Confirmation> all = List.copyOf(to.paths.confirmations);
    assertThat(all).contains(new Confirmation(from.endpoint, FakePaths.otherEnd(other)));
    assertThat(all).as("told with each batch").hasSizeLessThan(20);
    assertThat(all.getFirst().path()).isSameAs(first);
  }

  /** The first thread may have sent elsewhere since, by a map or a handshake from there. */
  @Test
  void thePathsAreToldAgainOfAPathThatTheyMayHaveLeft() throws InterruptedException {
    TestNode to = node(1, 2);
    TestNode from = peersOf(to, 1, Timings.STANDARD).getFirst();
    FakePath path = arrivalPath(to, from);
    open(from, to);
    int before = to.paths.confirmations.size();
    long end = System.nanoTime() + TestNode.PATIENCE.toNanos();
    while (to.paths.confirmations.size() == before && System.nanoTime() < end) {
      open(from, to);
      Thread.sleep(50);
    }
    assertThat(to.paths.confirmations).hasSize(before + 1);
    assertThat(to.paths.confirmations.getLast()).isEqualTo(new Confirmation(from.endpoint, path));
  }

  /** An address that strays to another thread: its handshakes are done all the same. */
  @Test
  void aHandshakeThatComesByAnotherThreadIsAnswered() throws InterruptedException {
    TestNode to = node(1, 3);
    TestNode from = node(2, 1);
    FakePath path = TestNode.join(from, to);
    from.paths.passes =
        datagram -> {
          if (datagram[0] == 1) {
            to.paths.deliver(datagram, datagram.length, FakePaths.otherEnd(path), 2);
            return false;
          }
          return true;
        };
    open(from, to);
  }

  @Test
  void aFloodOfHandshakesByAnotherThreadIsBounded() throws InterruptedException {
    TestNode to = node(1, 2);
    TestNode from = peersOf(to, 1, Timings.STANDARD).getFirst();
    FakePath path = arrivalPath(to, from);
    byte[] forged = new byte[148 * 64];
    for (int i = 0; i < 64; i++) {
      forged[i * 148] = 1;
    }
    for (int i = 0; i < 200; i++) {
      to.paths.deliver(forged, 148, path, 1);
    }
    open(from, to);
    // What the first thread had no time for was dropped; the rest it looked at.
    assertThat(to.drops(Drop.IN_UNKNOWN)).isPositive().isLessThan(200 * 64);
  }

  @Test
  void repliesToWhatWasSentComeInByEveryThread() throws InterruptedException {
    TestNode to = node(1, 4);
    List<TestNode> peers = peersOf(to, 4, Timings.STANDARD);
    to.apply(PacketFilter.compile(List.of(), List.of(IpPrefix.parse(to.address))));
    for (TestNode peer : peers) {
      to.device.inject(Packets.udp(to.address, 5000, peer.address, 9, new byte[4]));
      assertThat(peer.take()).isNotNull();
    }
    for (TestNode peer : peers) {
      byte[] reply = Packets.udp(peer.address, 9, to.address, 5000, new byte[4]);
      peer.device.inject(Packets.udp(peer.address, 9, to.address, 5001, new byte[4]));
      peer.device.inject(reply);
      assertThat(to.take()).isEqualTo(reply);
    }
    assertThat(to.drops(Drop.IN_FILTERED)).isEqualTo(4);
  }

  @Test
  void aPeerThatIsRemovedIsNotHeardByAnyThread() throws InterruptedException {
    TestNode to = node(1, 4);
    List<TestNode> peers = peersOf(to, 4, Timings.STANDARD);
    to.remove(peers.get(1));
    for (TestNode peer : peers) {
      peer.device.inject(packet(peer, to, 7));
    }
    for (int i = 0; i < 3; i++) {
      assertThat(source(Objects.requireNonNull(to.take()))).isNotEqualTo(peers.get(1).address);
    }
    assertThat(to.device.take(Duration.ofMillis(100))).isNull();
  }

  @Test
  void allThreadsEndWithThePacketPathAndAFailureOfOneEndsAll() throws InterruptedException {
    TestNode to = node(1, 4);
    assertThat(to.dataPlane.close(Duration.ofSeconds(5))).isTrue();
    TestNode other = node(2, 4);
    other.paths.fail(new IOException("the sockets are gone"));
    while (other.failures.isEmpty()) {
      Thread.sleep(5);
    }
    assertThat(other.failures).hasSize(1);
    assertThat(other.dataPlane.close(Duration.ofSeconds(5))).isTrue();
  }
}
