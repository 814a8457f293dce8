package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.SuperPacket.Offload;

/** The paths that packets to a peer go by, and those that they came by. */
class RouteTests extends TwoNodes {

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
}
