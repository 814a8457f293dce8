package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tailjar.dataplane.TestNode.PATIENCE;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.wireguard.Timings;

/** Sessions that take the place of others. */
class RenewalTests extends TwoNodes {

  /** A handshake may follow the one before at once. */
  private static final Timings HASTY = rekeyTimeout(Duration.ofMillis(1));

  /** Or a little later, and has the time to be answered on a slow machine. */
  private static final Timings BRISK = rekeyTimeout(Duration.ofMillis(250));

  private static Timings rekeyTimeout(Duration time) {
    return new Timings(
        Duration.ofSeconds(120),
        Duration.ofSeconds(180),
        Duration.ofSeconds(90),
        time,
        Duration.ZERO,
        Duration.ofSeconds(10),
        Duration.ofSeconds(120));
  }

  @Test
  void aSessionThatThePeerHasLostIsMadeAnewAndServesUntilThen() throws InterruptedException {
    try (TestNode three = new TestNode(3, HASTY)) {
      FakePath path = TestNode.join(three, two);
      byte[] packet = Packets.numbered(three.address, two.address, 1);
      three.device.inject(packet);
      assertThat(two.take()).isEqualTo(packet);
      CountDownLatch lost = new CountDownLatch(1);
      AtomicBoolean forgotten = new AtomicBoolean();
      three.paths.passes =
          message -> {
            boolean passes = message[0] != 1 || forgotten.get();
            if (!passes) {
              lost.countDown();
            }
            return passes;
          };

      three.dataPlane.renew(two.key.publicKey());
      assertThat(lost.await(10, TimeUnit.SECONDS)).as("an initiation that is lost").isTrue();
      three.device.inject(packet);
      assertThat(two.take()).as("on the session of before").isEqualTo(packet);

      two.remove(three); // and with it its sessions
      two.add(three, FakePaths.otherEnd(path), null);
      forgotten.set(true);
      byte[] received = null;
      for (int i = 0; received == null && i < 100; i++) {
        three.device.inject(packet);
        received = two.device.take(Duration.ofMillis(100));
      }
      assertThat(received).isEqualTo(packet);
    }
  }

  @Test
  void whereThereIsNoSessionThereIsNoneToRenew() throws InterruptedException {
    TestNode.join(one, two);
    one.dataPlane.renew(two.key.publicKey());
    one.dataPlane.renew(NodePrivateKey.generate().publicKey());
    one.flushInbox();
    assertThat(two.paths.received()).isZero();
  }

  @Test
  void allPeersThatStartAnewTogetherGetANewSession() throws InterruptedException {
    List<TestNode> peers = new ArrayList<>();
    Map<TestNode, Instant> before = new HashMap<>();
    try (TestNode hub = new TestNode(9, BRISK)) {
      for (int i = 0; i < 20; i++) {
        TestNode peer = new TestNode(10 + i, BRISK);
        peers.add(peer);
        TestNode.join(peer, hub);
        peer.device.inject(Packets.numbered(peer.address, hub.address, 1));
        assertThat(hub.take()).isNotNull();
        hub.device.inject(Packets.numbered(hub.address, peer.address, 1));
        assertThat(peer.take()).isNotNull();
        before.put(peer, lastHandshake(hub, peer));
      }
      // So that none has to wait for another reason than that there are many.
      Thread.sleep(300);
      peers.forEach(peer -> hub.dataPlane.renew(peer.key.publicKey()));
      long end = System.nanoTime() + PATIENCE.toNanos();
      for (TestNode peer : peers) {
        while (!lastHandshake(hub, peer).isAfter(before.get(peer))) {
          assertThat(System.nanoTime()).as("renewed in time").isLessThan(end);
          Thread.sleep(5);
        }
      }
    } finally {
      peers.forEach(TestNode::close);
    }
  }

  private static Instant lastHandshake(TestNode hub, TestNode peer) {
    return hub.dataPlane.peer(peer.key.publicKey()).lastHandshake();
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
}
