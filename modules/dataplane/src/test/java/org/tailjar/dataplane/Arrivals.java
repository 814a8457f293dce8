package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What arrives at a node by UDP over IPv4: the packets of each flow, which is their source's
 * address and port, are numbered on from 0.
 */
final class Arrivals {

  private static final int SOURCE = 12;
  private static final int SOURCE_PORT = 20;

  private final TestNode at;
  private final Map<Long, Integer> next = new HashMap<>();

  /** Nothing has arrived yet. */
  Arrivals(TestNode at) {
    this.at = at;
  }

  /** Takes so many packets, and checks that each is the next one of its flow. */
  void take(int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      byte[] packet = Objects.requireNonNull(at.take(), "a packet is missing");
      ByteBuffer bytes = ByteBuffer.wrap(packet);
      int port = bytes.getShort(SOURCE_PORT) & 0xffff;
      long flow = (long) bytes.getInt(SOURCE) << Short.SIZE | port;
      assertThat(Packets.number(packet))
          .as("the next packet from port %d of %08x", port, bytes.getInt(SOURCE))
          .isEqualTo(next.merge(flow, 0, (before, _) -> before + 1));
    }
  }

  /** Takes the same number of packets of each of so many flows, and checks their order. */
  static void takeAll(TestNode at, int flows, int perFlow) throws InterruptedException {
    Arrivals arrivals = new Arrivals(at);
    arrivals.take(flows * perFlow);
    assertThat(arrivals.next).as("flows").hasSize(flows);
  }
}
