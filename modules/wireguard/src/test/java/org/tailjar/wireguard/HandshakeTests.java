package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.packet.Path;

class HandshakeTests {

  private final End.Clock clock = new End.Clock();
  private final End[] ends = End.pair(clock);
  private final End a = ends[0];
  private final End b = ends[1];

  @Test
  void packetsThatWaitedGoWithTheHandshakeInOrder() {
    a.send(b, "one");
    a.send(b, "two");
    End.exchange(a, b);
    assertThat(b.received).containsExactly("one", "two");
    b.send(a, "three");
    End.exchange(a, b);
    assertThat(a.received).containsExactly("three");
    assertThat(a.peer(b).lastHandshake()).isEqualTo(clock.wall);
    assertThat(b.peer(a).lastHandshake()).isEqualTo(clock.wall);
  }

  @Test
  void withNothingToSendAKeepaliveConfirmsTheSession() {
    a.initiate(b);
    b.deliver(a.sent.remove());
    assertThat(b.peer(a).sending(clock.nanos)).isNull();
    a.deliver(b.sent.remove());
    byte[] keepalive = a.sent.remove();
    assertThat(keepalive).hasSize(32);
    assertThat(b.deliver(keepalive)).isZero();
    assertThat(b.peer(a).sending(clock.nanos)).isNotNull();
    assertThat(b.established).containsExactly(b.peer(a));
    assertThat(a.sent).isEmpty();
    assertThat(b.sent).isEmpty();
  }

  @Test
  void anEmptyKeepaliveIsNoPacket() {
    End[] connected = End.connectedPair(clock);
    End c = connected[0];
    End d = connected[1];
    c.wireGuard.persistentKeepalive(c.peer(d), Duration.ofSeconds(25), clock.nanos, c);
    assertThat(d.deliver(c.sent.remove())).isZero();
    assertThat(d.received).isEmpty();
  }

  @Test
  void theMessagesHaveTheSizesAndFieldsOfThePaper() {
    a.initiate(b);
    byte[] initiation = a.sent.remove();
    assertThat(initiation).hasSize(148).startsWith(1, 0, 0, 0).endsWith(new byte[16]);
    b.deliver(initiation, new End.SourcePath(new byte[0]));
    byte[] response = b.sent.remove();
    assertThat(response).hasSize(92).startsWith(2, 0, 0, 0).endsWith(new byte[16]);
    assertThat(End.word(response, 8)).isEqualTo(End.word(initiation, 4));
    a.deliver(response);
    byte[] keepalive = a.sent.remove();
    assertThat(keepalive).hasSize(32).startsWith(4, 0, 0, 0);
    assertThat(End.word(keepalive, 4)).isEqualTo(End.word(response, 4));
    assertThat(Arrays.copyOfRange(keepalive, 8, 16)).containsOnly(0);
    assertThat(Arrays.copyOfRange(initiation, 8, 40))
        .isNotEqualTo(Arrays.copyOfRange(response, 12, 44));
  }

  @Test
  void aResponseAnswersByThePathOfTheInitiation() {
    End.SourcePath path = new End.SourcePath(new byte[0]);
    a.initiate(b);
    b.deliver(a.sent.remove(), path);
    assertThat(a.replyPaths).containsExactly((Path) null);
    assertThat(b.replyPaths).containsExactly(path);
  }

  @Test
  void onlyAuthenticMessagesTellWhereAPeerIs() {
    a.initiate(b);
    byte[] initiation = a.sent.remove();
    assertThat(b.deliver(flip(initiation, 60))).isNegative();
    assertThat(b.deliver(flip(initiation, 100))).isNegative();
    assertThat(b.deliver(initiation)).isZero();
    byte[] response = b.sent.remove();
    assertThat(a.deliver(flip(response, 50))).isNegative();
    assertThat(a.deliver(response)).isZero();
  }

  @Test
  void aForgedResponseDoesNotSpoilTheHandshake() {
    a.initiate(b);
    b.deliver(a.sent.remove());
    byte[] response = b.sent.remove();
    for (int at = 0; at < 60; at++) {
      byte[] forged = flip(response, at);
      a.deliver(forged);
      // The sender's index is the one field that only mac1 covers, which anybody can make.
      if (at < 4 || at >= 8) {
        a.deliver(withMac1(forged, a.key.publicKey()));
      }
    }
    assertThat(a.established).isEmpty();
    a.deliver(response);
    assertThat(a.established).hasSize(1);
  }

  @Test
  void aLateResponseIsStillGood() {
    a.initiate(b);
    b.deliver(a.sent.remove());
    clock.add(Duration.ofMillis(4900));
    a.advance();
    a.deliver(b.sent.remove());
    assertThat(a.established).hasSize(1);
  }

  @Test
  void aResponseIsGoodOnce() {
    a.initiate(b);
    b.deliver(a.sent.remove());
    byte[] response = b.sent.remove();
    assertThat(a.deliver(response)).isZero();
    Session session = a.peer(b).sending(clock.nanos);
    assertThat(a.deliver(response)).isNegative();
    assertThat(a.peer(b).sending(clock.nanos)).isSameAs(session);
    assertThat(a.established).hasSize(1);
  }

  @Test
  void aReplayedInitiationIsIgnored() {
    a.initiate(b);
    byte[] initiation = a.sent.remove();
    b.deliver(initiation);
    byte[] response = b.sent.remove();
    clock.add(Duration.ofSeconds(1));
    assertThat(b.deliver(initiation)).isNegative();
    assertThat(b.sent).isEmpty();
    a.deliver(response);
    assertThat(b.deliver(a.sent.remove())).isZero();
  }

  @Test
  void anOlderInitiationIsIgnored() {
    a.initiate(b);
    byte[] older = a.sent.remove();
    clock.add(Duration.ofSeconds(6));
    a.advance();
    byte[] newer = a.sent.remove();
    assertThat(b.deliver(newer)).isZero();
    clock.add(Duration.ofSeconds(1));
    assertThat(b.deliver(older)).isNegative();
  }

  @Test
  void initiationsOfOnePeerAreLimited() {
    Timings hasty =
        new Timings(
            Duration.ofSeconds(120),
            Duration.ofSeconds(180),
            Duration.ofSeconds(90),
            Duration.ofMillis(10),
            Duration.ZERO,
            Duration.ofSeconds(10),
            Duration.ofSeconds(120));
    End flooding = new End(clock, hasty);
    flooding.wireGuard.add(b.key.publicKey(), null);
    b.wireGuard.add(flooding.key.publicKey(), null);
    flooding.initiate(b);
    assertThat(b.deliver(flooding.sent.remove())).isZero();
    clock.add(Duration.ofMillis(11));
    flooding.advance();
    assertThat(b.deliver(flooding.sent.remove())).isNegative();
    clock.add(Duration.ofMillis(11));
    flooding.advance();
    assertThat(b.deliver(flooding.sent.remove())).isZero();
  }

  @Test
  void anUnknownInitiatorIsIgnoredUnlessItIsAdded() {
    End c = new End(clock);
    c.wireGuard.add(b.key.publicKey(), null);
    c.initiate(b);
    byte[] initiation = c.sent.remove();
    assertThat(b.deliver(initiation)).isNegative();
    assertThat(b.unknown).containsExactly(c.key.publicKey());
    assertThat(b.sent).isEmpty();
    b.addUnknown = true;
    assertThat(b.deliver(initiation)).isZero();
    End.exchange(b, c);
    assertThat(c.established).hasSize(1);
  }

  @Test
  void bothMayInitiateAtOnceAndNothingIsLost() {
    a.send(b, "from a");
    b.send(a, "from b");
    byte[] fromA = a.sent.remove();
    byte[] fromB = b.sent.remove();
    a.deliver(fromB);
    b.deliver(fromA);
    End.exchange(a, b);
    assertThat(b.received).containsExactly("from a");
    assertThat(a.received).containsExactly("from b");
    for (int i = 0; i < 3; i++) {
      a.send(b, "a" + i);
      b.send(a, "b" + i);
      End.exchange(a, b);
    }
    assertThat(b.received).endsWith("a0", "a1", "a2");
    assertThat(a.received).endsWith("b0", "b1", "b2");
  }

  @Test
  void packetsOnTheSessionBeforeAreStillTaken() {
    End[] connected = End.connectedPair(clock);
    End c = connected[0];
    End d = connected[1];
    c.send(d, "late");
    d.send(c, "late too");
    byte[] late = c.sent.remove();
    byte[] lateToo = d.sent.remove();
    clock.add(Duration.ofSeconds(6));
    c.initiate(d);
    End.exchange(c, d);
    d.deliver(late);
    c.deliver(lateToo);
    assertThat(d.received).containsExactly("late");
    assertThat(c.received).containsExactly("late too");
  }

  @Test
  void theResponderSendsOnTheOldSessionUntilTheNewOneIsConfirmed() {
    End[] connected = End.connectedPair(clock);
    End c = connected[0];
    End d = connected[1];
    Session old = d.peer(c).sending(clock.nanos);
    clock.add(Duration.ofSeconds(6));
    c.initiate(d);
    d.deliver(c.sent.remove());
    assertThat(d.peer(c).sending(clock.nanos)).isSameAs(old);
    d.send(c, "on the old one");
    c.deliver(d.sent.remove());
    c.deliver(d.sent.remove());
    assertThat(c.received).containsExactly("on the old one");
    End.exchange(c, d);
    assertThat(d.peer(c).sending(clock.nanos)).isNotSameAs(old);
  }

  @Test
  void presharedKeysHaveToMatch() {
    byte[] psk = new byte[32];
    psk[3] = 1;
    b.wireGuard.presharedKey(b.peer(a), psk);
    a.initiate(b);
    b.deliver(a.sent.remove());
    byte[] response = b.sent.remove();
    assertThat(a.deliver(response)).isNegative();
    // The change reaches the handshake that is under way.
    a.wireGuard.presharedKey(a.peer(b), psk);
    assertThat(a.deliver(response)).isZero();
    assertThat(b.deliver(a.sent.remove())).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> a.wireGuard.presharedKey(a.peer(b), new byte[31]));
  }

  @Test
  void aPresharedKeyThatChangesOnALiveSessionIsForTheNextHandshake() {
    End[] ends = End.connectedPair(clock);
    End c = ends[0];
    End d = ends[1];
    byte[] psk = new byte[32];
    psk[7] = 5;
    c.wireGuard.presharedKey(c.peer(d), psk);
    c.send(d, "on the session that there is");
    End.exchange(c, d);
    assertThat(d.received).containsExactly("on the session that there is");
    clock.add(Duration.ofSeconds(130));
    c.send(d, "starts a handshake");
    End.exchange(c, d);
    assertThat(c.established).as("the other end has the old one").hasSize(1);
    d.wireGuard.presharedKey(d.peer(c), psk);
    clock.add(Duration.ofMillis(5400));
    c.advance();
    End.exchange(c, d);
    assertThat(c.established).hasSize(2);
    c.wireGuard.presharedKey(c.peer(d), null);
    d.wireGuard.presharedKey(d.peer(c), null);
    clock.add(Duration.ofSeconds(130));
    c.send(d, "without one again");
    End.exchange(c, d);
    assertThat(c.established).hasSize(3);
  }

  @Test
  void presharedKeysGivenWithThePeerMatch() {
    byte[] psk = new byte[32];
    psk[31] = 9;
    End c = new End(clock);
    End d = new End(clock);
    c.wireGuard.add(d.key.publicKey(), psk);
    d.wireGuard.add(c.key.publicKey(), psk);
    c.send(d, "secret");
    End.exchange(c, d);
    assertThat(d.received).containsExactly("secret");
  }

  @Test
  void aPeerKeyOfLowOrderIsHarmless() {
    byte[] one = new byte[32];
    one[0] = 1;
    for (NodePublicKey key : new NodePublicKey[] {NodePublicKey.ZERO, NodePublicKey.of(one)}) {
      Peer peer = a.wireGuard.add(key, null);
      a.wireGuard.initiate(peer, clock.nanos, a);
      assertThat(a.sent).isEmpty();
    }
  }

  @Test
  void aPeerIsAddedOnce() {
    assertThatIllegalArgumentException().isThrownBy(() -> a.wireGuard.add(b.key.publicKey(), null));
    assertThat(a.wireGuard.peers()).hasSize(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> a.wireGuard.add(NodePrivateKey.generate().publicKey(), new byte[5]));
    assertThat(a.wireGuard.peers()).hasSize(1);
  }

  @Test
  void aRemovedPeerIsForgotten() {
    End[] connected = End.connectedPair(clock);
    End c = connected[0];
    End d = connected[1];
    c.send(d, "too late");
    Peer removed = d.peer(c);
    d.wireGuard.remove(removed);
    d.wireGuard.remove(removed);
    assertThat(d.deliver(c.sent.remove())).isNegative();
    assertThat(removed.sending(clock.nanos)).isNull();
    d.wireGuard.initiate(removed, clock.nanos, d);
    assertThat(d.sent).isEmpty();
    // It may come back, as somebody new.
    d.wireGuard.add(c.key.publicKey(), null);
    clock.add(Duration.ofSeconds(10));
    d.initiate(c);
    End.exchange(c, d);
    assertThat(d.established).endsWith(d.peer(c));
  }

  @Test
  void bytesAreCountedOnBothSides() {
    a.send(b, "hello");
    End.exchange(a, b);
    assertThat(a.peer(b).bytesReceived()).isEqualTo(92);
    assertThat(b.peer(a).bytesReceived()).isEqualTo(148 + 48);
    assertThat(b.peer(a).bytesSent()).isEqualTo(92);
    long before = a.peer(b).bytesSent();
    a.peer(b).sent(clock.nanos, 2, 100);
    assertThat(a.peer(b).bytesSent() - before).isEqualTo(100);
  }

  @Test
  void closingForgetsEverything() {
    End[] connected = End.connectedPair(clock);
    Peer peer = connected[0].peer(connected[1]);
    connected[0].wireGuard.close();
    assertThat(peer.sending(clock.nanos)).isNull();
    assertThat(connected[0].wireGuard.peers()).isEmpty();
  }

  static byte[] flip(byte[] message, int at) {
    byte[] changed = message.clone();
    changed[at] ^= 1;
    return changed;
  }

  /** Anybody who knows the public key can do this. */
  static byte[] withMac1(byte[] message, NodePublicKey receiver) {
    byte[] changed = message.clone();
    new CookieGenerator(receiver, Timings.STANDARD).addMacs(changed, 0);
    return changed;
  }
}
