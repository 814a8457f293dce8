package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
}
