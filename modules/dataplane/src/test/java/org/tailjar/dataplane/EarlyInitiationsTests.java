package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.wireguard.Timings;

@Timeout(60)
class EarlyInitiationsTests {

  /** An initiation is not tried again within a test. */
  private static final Timings PATIENT =
      new Timings(
          Duration.ofSeconds(240),
          Duration.ofSeconds(360),
          Duration.ofSeconds(120),
          Duration.ofSeconds(60),
          Duration.ZERO,
          Duration.ofSeconds(10),
          Duration.ofSeconds(120));

  private final MemorySegment message = Arena.ofAuto().allocate(148);
  private final FakePath path = FakePaths.connect(new FakePaths(), new FakePaths(), 0);

  @Test
  void theFirstPacketOfANewNodeArrivesOnceItsPeerHasHeardOfIt() throws InterruptedException {
    try (TestNode one = new TestNode(1, PATIENT);
        TestNode two = new TestNode(2, PATIENT)) {
      FakePath link = FakePaths.connect(one.paths, two.paths, 0);
      one.add(two, link, null);
      one.device.inject(Packets.numbered(one.address, two.address, 1));
      assertThat(two.device.take(Duration.ofMillis(300))).isNull();

      two.add(one, FakePaths.otherEnd(link), null);

      assertThat(two.take()).isEqualTo(Packets.numbered(one.address, two.address, 1));
    }
  }

  @Test
  void whatWaitsIsBoundedInTimeAndNumber() {
    EarlyInitiations early = new EarlyInitiations();
    List<NodePublicKey> senders = new ArrayList<>();
    for (int i = 0; i <= EarlyInitiations.MOST; i++) {
      senders.add(NodePrivateKey.generate().publicKey());
      early.add(senders.getLast(), message, 0, 148, path, i);
    }

    assertThat(early.take(senders.getFirst(), 100)).as("pushed out").isNull();
    assertThat(early.take(senders.get(1), 100)).isNotNull();
    assertThat(early.take(senders.get(1), 100)).as("taken").isNull();
    assertThat(early.take(senders.get(2), Duration.ofSeconds(6).toNanos())).as("old").isNull();
  }

  @Test
  void theLastInitiationOfASenderCounts() {
    EarlyInitiations early = new EarlyInitiations();
    NodePublicKey sender = NodePrivateKey.generate().publicKey();
    early.add(sender, message, 0, 148, path, 1);
    early.add(sender, message, 0, 100, path, 2);

    EarlyInitiations.Waiting waiting = early.take(sender, 3);

    assertThat(waiting).isNotNull();
    assertThat(waiting.message()).hasSize(100);
  }
}
