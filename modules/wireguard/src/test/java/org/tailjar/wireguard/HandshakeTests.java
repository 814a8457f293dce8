package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

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
  }

  @Test
  void withNothingToSendAKeepaliveConfirmsTheSession() {
    a.initiate(b);
    byte[] initiation = a.sent.remove();
    b.deliver(initiation);
    assertThat(b.peer(a).sending(clock.nanos)).isNull();
    byte[] response = b.sent.remove();
    a.deliver(response);
    byte[] keepalive = a.sent.remove();
    assertThat(keepalive).hasSize(32);
    assertThat(b.deliver(keepalive)).isZero();
    assertThat(b.peer(a).sending(clock.nanos)).isNotNull();
    assertThat(b.established).containsExactly(b.peer(a));
    assertThat(b.received).isEmpty();
    assertThat(a.sent).isEmpty();
    assertThat(b.sent).isEmpty();
  }
}
