package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.tailjar.filter.PacketFilter;

class TsmpResponderTests extends TwoNodes {

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
}
