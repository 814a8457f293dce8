package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.magicsock.Route;

@Timeout(60)
class StagingTests {

  private static final int MTU = 1280;

  private final Staging staging = new Staging();
  private final MemorySegment packet = Arena.ofAuto().allocate(MTU);

  private int stage(StagedPackets staged) {
    int dropped = staging.makeRoom(staged);
    staging.waiting(staged, staged.isEmpty());
    staged.add(packet, 0, MTU);
    return dropped;
  }

  @Test
  void tenThousandPeersThatAreAwayTakeNoMoreThanTheBound() {
    List<StagedPackets> peers = new ArrayList<>();
    long dropped = 0;
    for (int i = 0; i < 10_000; i++) {
      StagedPackets peer = new StagedPackets(MTU, staging);
      peers.add(peer);
      for (int j = 0; j < 5; j++) {
        dropped += stage(peer);
      }
      assertThat(staging.bytes()).isLessThanOrEqualTo(Staging.MOST_BYTES + 128 * MTU);
    }
    assertThat(dropped).isEqualTo(50_000 - peers.stream().mapToInt(StagedPackets::size).sum());
    assertThat(peers.getFirst().isEmpty()).as("the one that waited longest").isTrue();
    assertThat(peers.getLast().size()).isEqualTo(5);
    peers.forEach(StagedPackets::clear);
    assertThat(staging.bytes()).isZero();
  }

  @Test
  void whoseTurnItWasAndWaitsAnewIsNotTheFirstToLose() {
    List<StagedPackets> peers = new ArrayList<>();
    StagedPackets early = new StagedPackets(MTU, staging);
    StagedPackets second = new StagedPackets(MTU, staging);
    stage(early);
    stage(second);
    early.clear();
    stage(early);
    while (!second.isEmpty()) {
      StagedPackets peer = new StagedPackets(MTU, staging);
      peers.add(peer);
      stage(peer);
    }
    assertThat(early.isEmpty()).isFalse();
    assertThat(peers).noneMatch(StagedPackets::isEmpty);
  }

  @Test
  void packetsWaitForAWayWhenTheSessionIsThereFirst() throws InterruptedException {
    try (TestNode one = new TestNode(1);
        TestNode two = new TestNode(2)) {
      FakePath path = TestNode.join(one, two);
      // The way is gone as soon as the initiation went, and comes back later.
      one.paths.passes =
          _ -> {
            one.paths.routes.remove(two.endpoint);
            return true;
          };
      one.device.inject(Packets.numbered(one.address, two.address, 1));
      long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (one.paths.confirmations.isEmpty() && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
      assertThat(one.drops(Drop.OUT_NO_ROUTE)).as("the keepalive").isLessThanOrEqualTo(1);
      one.paths.passes = _ -> true;
      one.paths.routes.put(two.endpoint, new Route(path, null));
      byte[] arrived = two.take();
      assertThat(arrived).as("the packet").isNotNull();
      assertThat(HexFormat.of().formatHex(arrived))
          .isEqualTo(HexFormat.of().formatHex(Packets.numbered(one.address, two.address, 1)));
    }
  }
}
