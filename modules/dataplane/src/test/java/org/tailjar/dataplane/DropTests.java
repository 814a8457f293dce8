package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.filter.PacketFilter;
import org.tailjar.packet.IpPrefix;

/** Packets that go no further. */
class DropTests extends TwoNodes {

  @Test
  void packetsForNobodyAreCounted() throws InterruptedException {
    TestNode.join(one, two);
    one.device.inject(Packets.numbered(one.address, "100.64.0.99", 1));
    one.device.inject(Packets.numbered(one.address, "224.0.0.1", 1));
    one.device.inject(new byte[] {0x10, 2, 3});
    one.device.inject(Packets.udp(one.address, two.address, 1, new byte[TestNode.MTU]));
    settle();

    assertThat(one.drops(Drop.OUT_NO_PEER)).isEqualTo(1);
    assertThat(one.drops(Drop.OUT_FILTERED)).isEqualTo(1);
    assertThat(one.drops(Drop.OUT_MALFORMED)).isEqualTo(1);
    assertThat(one.drops(Drop.OUT_TOO_LONG)).isEqualTo(1);
  }

  @Test
  void aPacketFromAnAddressThatIsNotThePeersIsDropped() throws InterruptedException {
    TestNode.join(one, two);

    one.device.inject(Packets.numbered("100.64.0.77", two.address, 1));
    settle();

    assertThat(two.drops(Drop.IN_WRONG_SOURCE)).isEqualTo(1);
  }

  @Test
  void theFilterDecidesWhatComesIn() throws InterruptedException {
    TestNode.join(one, two);
    two.apply(PacketFilter.compile(List.of(), List.of(IpPrefix.parse(two.address))));

    one.device.inject(numbered(1));
    // Replies to what this node sends pass.
    two.device.inject(Packets.udp(two.address, one.address, 4000, new byte[4]));
    assertThat(one.take()).isNotNull();
    byte[] reply = Packets.udp(one.address, two.address, 4000, new byte[] {1, 2, 3, 4});
    one.device.inject(reply);

    assertThat(two.take()).isEqualTo(reply);
    assertThat(two.drops(Drop.IN_FILTERED)).isEqualTo(1);
  }

  @Test
  void aProtocolThatNoRuleNamesIsDropped() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    one.device.inject(Packets.ip(one.address, two.address, 47, new byte[4], -1));
    settle();

    assertThat(two.drops(Drop.IN_FILTERED)).isEqualTo(1);
  }

  @Test
  void aForgedOrRepeatedMessageIsDroppedAndConfirmsNothing() throws InterruptedException {
    FakePath path = TestNode.join(one, two);
    settle();
    byte[][] seen = new byte[1][];
    one.paths.passes =
        bytes -> {
          if (bytes[0] == 4) {
            seen[0] = bytes;
          }
          return true;
        };
    settle();
    FakePath other = FakePaths.connect(two.paths, one.paths, 0);
    byte[] forged = seen[0].clone();
    forged[forged.length - 1] ^= 1;
    ByteBuffer.wrap(forged).order(ByteOrder.LITTLE_ENDIAN).putLong(8, 1L << 40);
    two.paths.deliver(seen[0], seen[0].length, other);
    two.paths.deliver(forged, forged.length, other);
    settle();

    assertThat(two.drops(Drop.IN_NOT_AUTHENTIC)).isEqualTo(2);
    assertThat(two.paths.confirmations)
        .isNotEmpty()
        .allMatch(c -> c.path() == FakePaths.otherEnd(path) && c.peer() == one.endpoint);
  }
}
