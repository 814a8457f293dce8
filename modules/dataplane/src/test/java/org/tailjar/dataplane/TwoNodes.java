package org.tailjar.dataplane;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** What tests of two nodes have in common, which are no peers of each other yet. */
@Timeout(60)
abstract class TwoNodes {

  final TestNode one = new TestNode(1);
  final TestNode two = new TestNode(2);

  @AfterEach
  void closeNodes() {
    one.close();
    two.close();
  }

  /** A packet from the first to the second. */
  byte[] numbered(int number) {
    return Packets.numbered(one.address, two.address, number);
  }

  /** Waits until what the first sent before is opened at the second. */
  void settle() throws InterruptedException {
    one.device.inject(numbered(-1));
    byte[] packet;
    do {
      packet = Objects.requireNonNull(two.take(), "no packet came");
    } while (Packets.number(packet) != -1);
  }
}
