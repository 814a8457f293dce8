package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tailjar.dataplane.TestNode.PATIENCE;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.filter.PacketFilter;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.IpPrefix;
import org.tailjar.packet.SuperPacket.Offload;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.Timings;

@Timeout(60)
class DataPlaneTests {

  private final TestNode one = new TestNode(1);
  private final TestNode two = new TestNode(2);

  @AfterEach
  void close() {
    one.close();
    two.close();
  }

  private byte[] numbered(int number) {
    return Packets.numbered(one.address, two.address, number);
  }

  /** Waits until what was sent before is opened at the other end. */
  private void settle() throws InterruptedException {
    one.device.inject(numbered(-1));
    byte[] packet;
    do {
      packet = Objects.requireNonNull(two.take(), "no packet came");
    } while (Packets.number(packet) != -1);
  }

  private void flushInbox(TestNode node) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    node.dataPlane.execute(done::countDown);
    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theFirstPacketIsNotLost(boolean ipv4) throws InterruptedException {
    TestNode.join(one, two);
    byte[] there =
        Packets.numbered(ipv4 ? one.address : one.address6, ipv4 ? two.address : two.address6, 1);
    byte[] back =
        Packets.numbered(ipv4 ? two.address : two.address6, ipv4 ? one.address : one.address6, 2);

    one.device.inject(there);
    assertThat(two.take()).isEqualTo(there);
    two.device.inject(back);
    assertThat(one.take()).isEqualTo(back);
  }

  @Test
  void packetsThatWaitForTheHandshakeKeepTheirOrder() throws InterruptedException {
    TestNode.join(one, two);
    int count = 2000;
    for (int i = 0; i < 100; i++) {
      one.device.inject(numbered(i));
    }
    for (int i = 100; i < count; i++) {
      if (i == 100) {
        // The first ones are let through while more are coming.
        assertThat(two.take()).isEqualTo(numbered(0));
      }
      one.device.inject(numbered(i));
    }
    for (int i = 1; i < count; i++) {
      assertThat(Packets.number(Objects.requireNonNull(two.take()))).isEqualTo(i);
    }
  }

  @Test
  void theOldestOfTooManyWaitingPacketsGo() throws InterruptedException {
    CountDownLatch staged = new CountDownLatch(1);
    TestNode.join(one, two);
    one.paths.passes = _ -> staged.getCount() == 0;
    for (int i = 0; i < StagedPackets.CAPACITY + 5; i++) {
      one.device.inject(numbered(i));
    }
    while (one.drops(Drop.OUT_STAGING_FULL) < 5) {
      Thread.onSpinWait();
    }
    staged.countDown();

    // The handshake is begun by the other side, rather than by the timer five seconds later.
    two.device.inject(Packets.numbered(two.address, one.address, 7));
    assertThat(one.take()).isNotNull();
    for (int i = 5; i < StagedPackets.CAPACITY + 5; i++) {
      assertThat(Packets.number(Objects.requireNonNull(two.take()))).isEqualTo(i);
    }
    assertThat(one.drops(Drop.OUT_STAGING_FULL)).isEqualTo(5);
  }

  @Test
  void aSessionThatThePeerHasLostIsMadeAnewAndServesUntilThen() throws InterruptedException {
    Timings hasty =
        new Timings(
            Duration.ofSeconds(120),
            Duration.ofSeconds(180),
            Duration.ofSeconds(90),
            Duration.ofMillis(1),
            Duration.ZERO,
            Duration.ofSeconds(10),
            Duration.ofSeconds(120));
    try (TestNode three = new TestNode(3, hasty)) {
      FakePath path = TestNode.join(three, two);
      byte[] packet = Packets.numbered(three.address, two.address, 1);
      three.device.inject(packet);
      assertThat(two.take()).isEqualTo(packet);
      AtomicInteger initiations = new AtomicInteger();
      three.paths.passes = message -> message[0] != 1 || initiations.getAndIncrement() > 0;

      three.dataPlane.renew(two.key.publicKey());
      flushInbox(three);
      three.device.inject(packet);
      assertThat(two.take()).as("on the session of before").isEqualTo(packet);

      two.remove(three); // and with it its sessions
      two.add(three, FakePaths.otherEnd(path), null);
      byte[] received = null;
      for (int i = 0; received == null && i < 100; i++) {
        three.device.inject(packet);
        received = two.device.take(Duration.ofMillis(100));
      }
      assertThat(received).isEqualTo(packet);
      assertThat(initiations).as("the first was lost").hasValueGreaterThan(1);
    }
  }

  @Test
  void whereThereIsNoSessionThereIsNoneToRenew() throws InterruptedException {
    TestNode.join(one, two);
    one.dataPlane.renew(two.key.publicKey());
    one.dataPlane.renew(NodePrivateKey.generate().publicKey());
    flushInbox(one);
    assertThat(two.paths.received()).isZero();
  }

  @Test
  void aSuperPacketCrossesInOneBatchAndIsMergedAgain() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    flushInbox(one); // what RX sent is counted when it is done
    Statistics.Snapshot sentBefore = one.dataPlane.statistics().snapshot();
    Statistics.Snapshot receivedBefore = two.dataPlane.statistics().snapshot();
    int segment = TestNode.MTU - 40;
    byte[] data = Packets.random(segment * 40 + 17);
    byte[] packet = Packets.tcp(one.address, two.address, 1000, IpPacket.ACK | IpPacket.PSH, data);

    one.device.inject(packet, Offload.TCP, segment, 20, 16);

    ByteArrayOutputStream received = new ByteArrayOutputStream();
    while (received.size() < data.length) {
      byte[] part = Objects.requireNonNull(two.take(), "no packet came");
      assertThat(part.length).isLessThanOrEqualTo(TestNode.MTU);
      received.write(part, 40, part.length - 40);
    }
    assertThat(received.toByteArray()).isEqualTo(data);
    long sentPackets = sentBefore.udpSends().packets();
    while (one.dataPlane.statistics().snapshot().udpSends().packets() == sentPackets) {
      Thread.onSpinWait(); // sends are counted when they are done
    }
    Statistics.Snapshot sent = one.dataPlane.statistics().snapshot();
    Statistics.Snapshot got = two.dataPlane.statistics().snapshot();
    assertThat(sent.tunReads().calls() - sentBefore.tunReads().calls()).isEqualTo(1);
    assertThat(sent.tunReads().packets() - sentBefore.tunReads().packets()).isEqualTo(41);
    assertThat(sent.udpSends().calls() - sentBefore.udpSends().calls()).isEqualTo(1);
    assertThat(got.udpReceives().packets() - receivedBefore.udpReceives().packets()).isEqualTo(41);
    assertThat(got.tunWrites().calls() - receivedBefore.tunWrites().calls()).isEqualTo(1);
    assertThat(got.tunWrites().packets() - receivedBefore.tunWrites().packets()).isEqualTo(41);
  }

  @Test
  void aPacketFromAnAddressThatIsNotThePeersIsDropped() throws InterruptedException {
    TestNode.join(one, two);

    one.device.inject(Packets.numbered("100.64.0.77", two.address, 1));
    settle();

    assertThat(two.drops(Drop.IN_WRONG_SOURCE)).isEqualTo(1);
  }

  @Test
  void theFilterDecidesWhatComesIn() throws InterruptedException {
    TestNode.join(one, two);
    two.apply(PacketFilter.compile(List.of(), List.of(IpPrefix.parse(two.address))));

    one.device.inject(numbered(1));
    // Replies to what this node sends pass.
    two.device.inject(Packets.udp(two.address, one.address, 4000, new byte[4]));
    assertThat(one.take()).isNotNull();
    byte[] reply = Packets.udp(one.address, two.address, 4000, new byte[] {1, 2, 3, 4});
    one.device.inject(reply);

    assertThat(two.take()).isEqualTo(reply);
    assertThat(two.drops(Drop.IN_FILTERED)).isEqualTo(1);
  }

  @Test
  void nothingComesInBeforeATable() throws InterruptedException {
    FakePath path = FakePaths.connect(one.paths, two.paths, 0);
    one.add(two, path, null);
    two.apply(PacketFilter.denyAll());

    one.device.inject(numbered(1));

    assertThat(two.device.take(Duration.ofMillis(200))).isNull();
  }

  @Test
  void packetsForNobodyAreCounted() throws InterruptedException {
    TestNode.join(one, two);
    one.device.inject(Packets.numbered(one.address, "100.64.0.99", 1));
    one.device.inject(Packets.numbered(one.address, "224.0.0.1", 1));
    one.device.inject(new byte[] {0x10, 2, 3});
    one.device.inject(Packets.udp(one.address, two.address, 1, new byte[TestNode.MTU]));
    settle();

    assertThat(one.drops(Drop.OUT_NO_PEER)).isEqualTo(1);
    assertThat(one.drops(Drop.OUT_FILTERED)).isEqualTo(1);
    assertThat(one.drops(Drop.OUT_MALFORMED)).isEqualTo(1);
    assertThat(one.drops(Drop.OUT_TOO_LONG)).isEqualTo(1);
  }

  @Test
  void noDatagramEndsTheLoop() throws InterruptedException {
    FakePath path = FakePaths.otherEnd(TestNode.join(one, two));
    settle();
    RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(200)];
      random.nextBytes(bytes);
      if (bytes.length >= 4 && i % 2 == 0) {
        Arrays.fill(bytes, 0, 4, (byte) 0);
        bytes[0] = (byte) (1 + i / 2 % 5);
      }
      two.paths.deliver(bytes, 1 + random.nextInt(bytes.length), path);
    }
    settle();

    assertThat(two.failures).isEmpty();
    assertThat(two.drops(Drop.IN_UNKNOWN)).isPositive();
  }

  @Test
  void theLongestDatagramDoesNotEndTheLoop() throws InterruptedException {
    FakePath path = FakePaths.otherEnd(TestNode.join(one, two));
    settle();
    for (int type = 0; type < 6; type++) {
      byte[] bytes = new byte[65_507];
      bytes[0] = (byte) type;
      two.paths.deliver(bytes, bytes.length, path);
      two.paths.deliver(bytes, 1, path); // as so many of one byte
      two.paths.deliver(bytes, 40_000, path);
    }
    settle();
    assertThat(two.failures).isEmpty();
  }

  @Test
  void aProtocolThatNoRuleNamesIsDropped() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    one.device.inject(Packets.ip(one.address, two.address, 47, new byte[4], -1));
    settle();

    assertThat(two.drops(Drop.IN_FILTERED)).isEqualTo(1);
  }

  @Test
  void aForgedOrRepeatedMessageIsDroppedAndConfirmsNothing() throws InterruptedException {
    FakePath path = TestNode.join(one, two);
    settle();
    byte[][] seen = new byte[1][];
    one.paths.passes =
        bytes -> {
          if (bytes[0] == 4) {
            seen[0] = bytes;
          }
          return true;
        };
    settle();
    FakePath other = FakePaths.connect(two.paths, one.paths, 0);
    byte[] forged = seen[0].clone();
    forged[forged.length - 1] ^= 1;
    ByteBuffer.wrap(forged).order(ByteOrder.LITTLE_ENDIAN).putLong(8, 1L << 40);
    two.paths.deliver(seen[0], seen[0].length, other);
    two.paths.deliver(forged, forged.length, other);
    settle();

    assertThat(two.drops(Drop.IN_NOT_AUTHENTIC)).isEqualTo(2);
    assertThat(two.paths.confirmations)
        .isNotEmpty()
        .allMatch(c -> c.path() == FakePaths.otherEnd(path) && c.peer() == one.endpoint);
  }

  @Test
  void aPathIsConfirmedOnceABatch() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    int confirmations = two.paths.confirmations.size();
    long batches = two.paths.received();
    int segment = TestNode.MTU - 40;
    byte[] packet =
        Packets.tcp(one.address, two.address, 1, IpPacket.ACK, Packets.random(segment * 30));

    one.device.inject(packet, Offload.TCP, segment, 20, 16);
    for (int i = 0; i < 30; i++) {
      assertThat(two.take()).isNotNull();
    }

    assertThat(two.paths.confirmations.size() - confirmations)
        .isEqualTo((int) (two.paths.received() - batches));
  }

  @Test
  void aSecondPathGetsTheSameDatagrams() throws InterruptedException {
    FakePath first = FakePaths.connect(one.paths, two.paths, 0);
    FakePath second = FakePaths.connect(one.paths, two.paths, 37);
    one.add(two, first, second);
    two.add(one, FakePaths.otherEnd(first), null);
    settle();
    one.device.inject(numbered(5));
    settle();

    assertThat(two.paths.confirmations)
        .anyMatch(c -> c.path() == FakePaths.otherEnd(second))
        .allMatch(c -> c.peer() == one.endpoint);

    // The first dies: nothing is lost.
    one.paths.routes.put(
        two.endpoint, new Route(FakePaths.connect(one.paths, new FakePaths(), 0), second));
    one.device.inject(numbered(6));
    assertThat(Packets.number(Objects.requireNonNull(two.take()))).isEqualTo(6);
  }

  @Test
  void whenBothPathsWorkEachPacketArrivesOnce() throws InterruptedException {
    FakePath first = FakePaths.connect(one.paths, two.paths, 0);
    FakePath second = FakePaths.connect(one.paths, two.paths, 37);
    one.add(two, first, second);
    two.add(one, FakePaths.otherEnd(first), null);
    for (int i = 0; i < 500; i++) {
      one.device.inject(numbered(i));
      if (i == 0) {
        assertThat(two.take()).isNotNull();
      }
    }
    for (int i = 1; i < 500; i++) {
      assertThat(two.take()).isNotNull();
    }

    assertThat(two.device.take(Duration.ofMillis(50))).isNull();
  }

  @Test
  void withoutARouteNothingIsSent() throws InterruptedException {
    FakePath path = TestNode.join(one, two);
    settle();
    one.paths.routes.clear();
    one.device.inject(numbered(1));
    while (one.drops(Drop.OUT_NO_ROUTE) == 0) {
      Thread.onSpinWait();
    }
    one.paths.routes.put(two.endpoint, new Route(path, null));
    settle();

    assertThat(one.drops(Drop.OUT_NO_ROUTE)).isEqualTo(1);
  }

  @Test
  void aTsmpPingIsAnsweredAndNeverReachesTheDevice() throws InterruptedException {
    TestNode.join(one, two);
    for (boolean ipv4 : new boolean[] {true, false}) {
      String from = ipv4 ? one.address : one.address6;
      String to = ipv4 ? two.address : two.address6;
      long before = one.dataPlane.statistics().snapshot().udpReceives().packets();
      one.device.inject(Packets.ip(from, to, PacketFilter.TSMP, "p12345678".getBytes(), -1));
      while (one.dataPlane.statistics().snapshot().udpReceives().packets() == before) {
        Thread.onSpinWait();
      }
    }
    settle();

    assertThat(two.device.take(Duration.ZERO)).isNull();
    assertThat(one.drops(Drop.IN_MALFORMED)).isZero();
    assertThat(one.drops(Drop.IN_FILTERED)).isZero();
    assertThat(one.drops(Drop.IN_WRONG_SOURCE)).isZero();
  }

  @Test
  void aKeyThatIsDestroyedInTheMiddleCostsABatchAndNotTheThread() throws InterruptedException {
    BrittleAead aead = new BrittleAead();
    try (TestNode three = new TestNode(3, Timings.STANDARD, aead)) {
      TestNode.join(three, two);
      three.device.inject(Packets.numbered(three.address, two.address, 1));
      assertThat(two.take()).isNotNull();
      aead.failures.set(1);
      three.device.inject(Packets.numbered(three.address, two.address, 2));
      while (aead.failures.get() > 0) {
        Thread.onSpinWait();
      }
      byte[] next = Packets.numbered(three.address, two.address, 3);
      three.device.inject(next);

      assertThat(two.take()).isEqualTo(next);
      assertThat(three.failures).isEmpty();
    }
  }

  @Test
  void workThatFailsHoldsUpNoOther() throws InterruptedException {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    one.dataPlane.execute(
        () -> {
          running.countDown();
          await(goOn);
        });
    assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
    one.dataPlane.execute(
        () -> {
          throw new IllegalStateException("work that fails");
        });
    one.dataPlane.execute(
        () -> {
          throw new IllegalStateException("work that fails again");
        });
    one.dataPlane.execute(done::countDown);
    goOn.countDown();

    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aFaultOfThePathsCostsNoMoreThanItself() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    two.paths.faults.set(1);
    one.device.inject(numbered(1));

    assertThat(two.take()).isEqualTo(numbered(1));
    assertThat(two.failures).isEmpty();
  }

  @Test
  void pathsThatFailForGoodAreReported() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    two.paths.faults.set(Integer.MAX_VALUE);
    one.device.inject(numbered(1));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (two.failures.isEmpty() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }

    assertThat(two.failures).hasSize(1).first().isInstanceOf(IllegalStateException.class);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aPeerThatIsRemovedIsCutOffAndCanComeBack() throws InterruptedException {
    FakePath path = TestNode.join(one, two);
    settle();
    two.remove(one);
    flushInbox(two);
    assertThat(two.dataPlane.peer(one.key.publicKey())).isNull();
    one.device.inject(numbered(1));
    while (two.drops(Drop.IN_UNKNOWN) == 0) {
      Thread.onSpinWait();
    }

    two.add(one, FakePaths.otherEnd(path), null);
    byte[] back = Packets.numbered(two.address, one.address, 2);
    two.device.inject(back);

    assertThat(one.take()).isEqualTo(back);
    settle();
  }

  @Test
  void aTableThatKeepsAPeerKeepsItsSession() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    Peer peer = Objects.requireNonNull(one.dataPlane.peer(two.key.publicKey()));
    var handshake = peer.lastHandshake();
    TestNode three = new TestNode(3);
    try (three) {
      TestNode.join(one, three);
      flushInbox(one);
      settle();
    }

    assertThat(one.dataPlane.peer(two.key.publicKey())).isSameAs(peer);
    assertThat(peer.lastHandshake()).isEqualTo(handshake);
  }

  @Test
  void packetsOfAPeerThatNeverAnswersAreGivenUp() throws InterruptedException {
    Timings hasty =
        new Timings(
            Duration.ofSeconds(120),
            Duration.ofSeconds(180),
            Duration.ofMillis(300),
            Duration.ofMillis(100),
            Duration.ZERO,
            Duration.ofSeconds(10),
            Duration.ofSeconds(120));
    try (TestNode three = new TestNode(3, hasty)) {
      TestNode.join(three, two);
      three.paths.passes = _ -> false;
      three.device.inject(Packets.numbered(three.address, two.address, 1));
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (three.drops(Drop.OUT_NO_SESSION) == 0 && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }

      assertThat(three.drops(Drop.OUT_NO_SESSION)).isEqualTo(1);
    }
  }

  @Test
  void noPacketIsLostOrOvertakenWhileKeysChange() throws InterruptedException {
    Timings hasty =
        new Timings(
            Duration.ofMillis(150),
            Duration.ofMillis(2000),
            Duration.ofSeconds(90),
            Duration.ofMillis(50),
            Duration.ZERO,
            Duration.ofSeconds(10),
            Duration.ofSeconds(120));
    try (TestNode three = new TestNode(3, hasty)) {
      TestNode.join(three, two);
      int sent = 0;
      int expected = 0;
      long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
      while (System.nanoTime() < end) {
        for (int i = 0; i < 50; i++) {
          three.device.inject(Packets.numbered(three.address, two.address, sent++));
        }
        for (int i = 0; i < 50; i++) {
          byte[] packet = Objects.requireNonNull(two.take(), "a packet was lost");
          assertThat(Packets.number(packet)).isEqualTo(expected++);
        }
      }
      assertThat(three.drops(Drop.OUT_STAGING_FULL)).isZero();
    }
  }

  @Test
  void aBrokenDeviceIsReportedOnceAndBothThreadsEnd() throws InterruptedException {
    TestNode.join(one, two);
    settle();

    one.device.close();
    one.paths.fail(new IOException("no socket works"));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (one.failures.isEmpty() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    one.dataPlane.close();

    assertThat(one.failures).hasSize(1).first().isInstanceOf(IOException.class);
  }

  @Test
  void closingTakesLessThanASecond() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    long start = System.nanoTime();

    one.dataPlane.close();
    one.dataPlane.close();

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
    assertThat(one.failures).isEmpty();
  }
}
