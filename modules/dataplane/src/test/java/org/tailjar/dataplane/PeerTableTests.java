package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.tailjar.dataplane.FakePaths.FakePath;
import org.tailjar.filter.PacketFilter;
import org.tailjar.wireguard.Peer;

/** What a table puts in force. */
class PeerTableTests extends TwoNodes {

  @Test
  void nothingComesInThatTheTableDoesNotLetIn() throws InterruptedException {
    TestNode.join(one, two);
    settle(); // so that there is a session
    two.apply(PacketFilter.denyAll());

    one.device.inject(numbered(1));
    while (two.drops(Drop.IN_FILTERED) == 0) {
      Thread.onSpinWait();
    }

    assertThat(two.device.take(Duration.ZERO)).isNull();
  }

  @Test
  void aPeerThatIsRemovedIsCutOffAndCanComeBack() throws InterruptedException {
    FakePath path = TestNode.join(one, two);
    settle();
    two.remove(one);
    two.flushInbox();
    assertThat(two.dataPlane.peer(one.key.publicKey())).isNull();
    one.device.inject(numbered(1));
    while (two.drops(Drop.IN_UNKNOWN) == 0) {
      Thread.onSpinWait();
    }

    two.add(one, FakePaths.otherEnd(path), null);
    byte[] back = Packets.numbered(two.address, one.address, 2);
    two.device.inject(back);

    assertThat(one.take()).isEqualTo(back);
    settle();
  }

  @Test
  void aTableThatKeepsAPeerKeepsItsSession() throws InterruptedException {
    TestNode.join(one, two);
    settle();
    Peer peer = Objects.requireNonNull(one.dataPlane.peer(two.key.publicKey()));
    var handshake = peer.lastHandshake();
    TestNode three = new TestNode(3);
    try (three) {
      TestNode.join(one, three);
      one.flushInbox();
      settle();
    }

    assertThat(one.dataPlane.peer(two.key.publicKey())).isSameAs(peer);
    assertThat(peer.lastHandshake()).isEqualTo(handshake);
  }
}
