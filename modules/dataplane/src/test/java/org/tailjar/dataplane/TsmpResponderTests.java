package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.filter.PacketFilter;
import org.tailjar.packet.Checksum;
import org.tailjar.wireguard.Session;
import org.tailjar.wireguard.Timings;

@Timeout(60)
class TsmpResponderTests {

  private static final int TRANSPORT = 4;

  // In an IPv4 header.
  private static final int FRAGMENTATION = 6;
  private static final int CHECKSUM = 10;
  private static final int IPV4_HEADER = 20;

  @ParameterizedTest(name = "IPv4: {0}")
  @ValueSource(booleans = {true, false})
  void aPingIsAnsweredAndNeverReachesTheDevice(boolean ipv4) throws InterruptedException {
    // Messages as they are, so that the answer can be read on its way.
    NullCipher cipher = new NullCipher();
    BlockingQueue<byte[]> answers = new LinkedBlockingQueue<>();
    try (TestNode one = new TestNode(1, Timings.STANDARD, cipher);
        TestNode two = new TestNode(2, Timings.STANDARD, cipher)) {
      TestNode.join(one, two);
      one.device.inject(Packets.numbered(one.address, two.address, 1));
      assertThat(two.take()).isNotNull();
      two.paths.passes =
          datagram -> {
            if (datagram[0] == TRANSPORT && datagram.length > Session.OVERHEAD) {
              answers.add(datagram);
            }
            return true;
          };
      String from = ipv4 ? one.address : one.address6;
      String to = ipv4 ? two.address : two.address6;

      one.device.inject(Packets.ip(from, to, PacketFilter.TSMP, "p12345678".getBytes(), -1));

      byte[] answer = answers.poll(10, TimeUnit.SECONDS);
      assertThat(answer).as("an answer").isNotNull();
      byte[] expected = Packets.ip(to, from, PacketFilter.TSMP, "o12345678\0\0".getBytes(), -1);
      byte[] packet =
          Arrays.copyOfRange(
              answer, Session.HEADER_LENGTH, Session.HEADER_LENGTH + expected.length);
      if (ipv4) {
        assertThat(Checksum.of(MemorySegment.ofArray(packet), 0, IPV4_HEADER)).isZero();
        // Whether it may be fragmented is for the answering host to say.
        System.arraycopy(packet, FRAGMENTATION, expected, FRAGMENTATION, Short.BYTES);
        System.arraycopy(packet, CHECKSUM, expected, CHECKSUM, Short.BYTES);
      }
      assertThat(packet).isEqualTo(expected);
      assertThat(two.device.take(Duration.ZERO)).isNull();
      assertThat(one.failures).isEmpty();
      assertThat(two.failures).isEmpty();
    }
  }

  @Test
  void whatIsNoPingIsNotAnswered() throws InterruptedException {
    try (TestNode one = new TestNode(1);
        TestNode two = new TestNode(2)) {
      TestNode.join(one, two);
      one.device.inject(Packets.numbered(one.address, two.address, 1));
      assertThat(two.take()).isNotNull();
      long before = two.dataPlane.statistics().snapshot().udpSends().packets();

      for (String body : new String[] {"o12345678", "p1234567", "", "r"}) {
        one.device.inject(
            Packets.ip(one.address, two.address, PacketFilter.TSMP, body.getBytes(), -1));
      }
      one.device.inject(Packets.numbered(one.address, two.address, 2));

      assertThat(Packets.number(two.take())).isEqualTo(2);
      assertThat(two.dataPlane.statistics().snapshot().udpSends().packets()).isEqualTo(before);
    }
  }
}
