package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tailjar.dataplane.TestNode.PATIENCE;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.SuperPacket.Offload;

/** The packet path as a whole: what crosses it, and how it ends. */
class DataPlaneTests extends TwoNodes {

  @Test
  void aSuperPacketCrossesInOneBatchAndIsMergedAgain() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    one.flushInbox(); // what RX sent is counted when it is done
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
  void closingEndsAllThreads() throws InterruptedException {
    TestNode.join(one, two);
    settle();

    assertThat(one.dataPlane.close(PATIENCE)).isTrue();
    assertThat(one.dataPlane.close(PATIENCE)).as("again").isTrue();
    assertThat(one.failures).isEmpty();
  }
}
