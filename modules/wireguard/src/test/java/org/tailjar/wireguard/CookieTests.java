package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CookieTests {

  private static final End.SourcePath HOME = path(192, 0, 2, 1, 0xa2, 0xb9);

  private final End.Clock clock = new End.Clock();
  private final End[] ends = End.pair(clock);
  private final End a = ends[0];
  private final End b = ends[1];

  private static End.SourcePath path(int... source) {
    byte[] bytes = new byte[source.length];
    for (int i = 0; i < source.length; i++) {
      bytes[i] = (byte) source[i];
    }
    return new End.SourcePath(bytes);
  }

  @Test
  void underLoadAnInitiationIsAnsweredWithACookieAndTheNextOneCarriesIt() {
    putUnderLoad();
    a.initiate(b);
    assertThat(b.deliver(a.sent.remove(), HOME)).isNegative();
    assertThat(b.sent).isEmpty();
    byte[] cookie = b.replies.removeLast();
    assertThat(cookie).hasSize(64).startsWith(3, 0, 0, 0);
    assertThat(a.deliver(cookie)).as("proves nothing about where the peer is").isNegative();
    assertThat(a.sent).isEmpty();
    clock.add(Duration.ofMillis(5400));
    a.advance();
    byte[] initiation = a.sent.remove();
    assertThat(Arrays.copyOfRange(initiation, 132, 148)).isNotEqualTo(new byte[16]);
    putUnderLoad();
    assertThat(b.deliver(initiation, HOME)).isZero();
    assertThat(b.sent).hasSize(1);
  }

  @Test
  void aCookieIsGoodForItsAddressAndPortAlone() {
    byte[] initiation = initiationWithCookie();
    putUnderLoad();
    assertThat(b.deliver(initiation, path(192, 0, 2, 1, 0xa2, 0xba))).isNegative();
    assertThat(b.deliver(initiation, path(192, 0, 2, 2, 0xa2, 0xb9))).isNegative();
    assertThat(b.deliver(initiation, HOME)).isZero();
  }

  @Test
  void aCookieIsGoodForTwoMinutes() {
    initiationWithCookie();
    clock.add(Duration.ofSeconds(114));
    a.advance();
    assertThat(Arrays.copyOfRange(a.sent.remove(), 132, 148)).isNotEqualTo(new byte[16]);
    clock.add(Duration.ofMillis(5400));
    a.advance();
    assertThat(Arrays.copyOfRange(a.sent.remove(), 132, 148)).isEqualTo(new byte[16]);
  }

  @Test
  void aCookieReplyDoesNotTellWhereAPeerIs() {
    putUnderLoad();
    a.initiate(b);
    b.deliver(a.sent.remove(), HOME);
    assertThat(a.deliver(b.replies.removeLast(), path(203, 0, 113, 5, 0, 1))).isNegative();
    assertThat(a.peer(b).bytesReceived()).isZero();
    assertThat(a.wireGuard.handshakeCounters().authentic()).isZero();
  }

  @Test
  void aForgedCookieReplyChangesNothing() {
    putUnderLoad();
    a.initiate(b);
    b.deliver(a.sent.remove(), HOME);
    byte[] cookie = b.replies.removeLast();
    for (int at = 4; at < cookie.length; at++) {
      a.deliver(HandshakeTests.flip(cookie, at));
    }
    clock.add(Duration.ofMillis(5400));
    a.advance();
    byte[] initiation = a.sent.remove();
    assertThat(Arrays.copyOfRange(initiation, 132, 148)).isEqualTo(new byte[16]);
    // Nor does the real one once another initiation went out.
    a.deliver(cookie);
    clock.add(Duration.ofMillis(5400));
    a.advance();
    assertThat(Arrays.copyOfRange(a.sent.remove(), 132, 148)).isEqualTo(new byte[16]);
  }

  @Test
  void theResponderTakesACookieForItsResponse() {
    a.initiate(b);
    b.deliver(a.sent.remove());
    byte[] response = b.sent.remove();
    load(a);
    assertThat(a.deliver(response, HOME)).isNegative();
    assertThat(a.established).isEmpty();
    b.deliver(a.replies.removeLast());
    clock.add(Duration.ofMillis(5400));
    a.advance();
    b.deliver(a.sent.remove());
    byte[] second = b.sent.remove();
    assertThat(Arrays.copyOfRange(second, 76, 92)).isNotEqualTo(new byte[16]);
    load(a);
    assertThat(a.deliver(second, HOME)).isZero();
    assertThat(a.established).hasSize(1);
  }

  @Test
  void aMessageWithoutMac1IsIgnoredAndMakesNoLoad() {
    a.initiate(b);
    byte[] initiation = a.sent.remove();
    byte[] forged = HandshakeTests.flip(initiation, 116);
    for (int i = 0; i < 10 * HandshakeLimiter.LOAD_THRESHOLD; i++) {
      assertThat(b.deliver(forged, HOME)).isNegative();
    }
    assertThat(b.replies).isEmpty();
    assertThat(b.deliver(initiation, HOME)).isZero();
  }

  @Test
  void loadEndsASecondAfterTheFlood() {
    putUnderLoad();
    a.initiate(b);
    byte[] initiation = a.sent.remove();
    assertThat(b.deliver(initiation, HOME)).isNegative();
    clock.add(Duration.ofSeconds(1));
    assertThat(b.deliver(initiation, HOME)).isZero();
  }

  @Test
  void eachSourceHasAnAllowanceOfItsOwn() {
    HandshakeLimiter limiter = new HandshakeLimiter();
    long now = 0;
    for (int i = 0; i < HandshakeLimiter.BURST; i++) {
      assertThat(limiter.allow(HOME.source(), now)).isTrue();
    }
    assertThat(limiter.allow(HOME.source(), now)).isFalse();
    assertThat(limiter.allow(path(192, 0, 2, 1, 1, 1).source(), now))
        .as("another port of the same address")
        .isFalse();
    assertThat(limiter.allow(path(192, 0, 2, 2, 0xa2, 0xb9).source(), now)).isTrue();
    assertThat(limiter.allow(HOME.source(), now + HandshakeLimiter.COST_NANOS - 1)).isFalse();
    assertThat(limiter.allow(HOME.source(), now + HandshakeLimiter.COST_NANOS)).isTrue();
  }

  @Test
  void aFloodFromOneAddressDoesNotLockOutAnother() {
    byte[] initiation = initiationWithCookie();
    // A stranger with a cookie of its own uses up all that it may.
    End stranger = new End(clock);
    stranger.wireGuard.add(b.key.publicKey(), null);
    End.SourcePath elsewhere = path(198, 51, 100, 7, 0, 7);
    putUnderLoad();
    stranger.initiate(b);
    b.deliver(stranger.sent.remove(), elsewhere);
    stranger.deliver(b.replies.removeLast());
    clock.add(Duration.ofMillis(5400));
    stranger.advance();
    byte[] flood = stranger.sent.remove();
    putUnderLoad();
    for (int i = 0; i < 50; i++) {
      b.deliver(flood, elsewhere);
    }
    assertThat(b.unknown).as("those that were looked at").hasSize(HandshakeLimiter.BURST);
    assertThat(b.deliver(initiation, HOME)).isZero();
  }

  @Test
  void anIpv6NetworkIsOneSourceButMappedIpv4AddressesAreNot() {
    HandshakeLimiter limiter = new HandshakeLimiter();
    byte[] host = new byte[18];
    host[0] = 0x20;
    byte[] neighbour = host.clone();
    neighbour[15] = 1;
    byte[] elsewhere = host.clone();
    elsewhere[7] = 1;
    exhaust(limiter, host, 0);
    assertThat(limiter.allow(neighbour, 0)).isFalse();
    assertThat(limiter.allow(elsewhere, 0)).isTrue();
    byte[] mapped = new byte[18];
    mapped[10] = -1;
    mapped[11] = -1;
    mapped[12] = 10;
    byte[] otherMapped = mapped.clone();
    otherMapped[15] = 1;
    long later = Duration.ofSeconds(1).toNanos();
    exhaust(limiter, mapped, later);
    assertThat(limiter.allow(otherMapped, later)).isTrue();
    assertThat(limiter.allow(new byte[] {10, 0, 0, 0, 1, 1}, later)).isFalse();
  }

  @Test
  void manySourcesDoNotFillTheMemory() {
    HandshakeLimiter limiter = new HandshakeLimiter();
    for (int i = 0; i < 100_000; i++) {
      byte[] source = {10, (byte) (i >> 16), (byte) (i >> 8), (byte) i, 0, 1};
      limiter.allow(source, 0);
    }
    assertThat(limiter.sourceCount()).isEqualTo(HandshakeLimiter.MAX_SOURCES);
  }

  private static void exhaust(HandshakeLimiter limiter, byte[] source, long now) {
    for (int i = 0; i < HandshakeLimiter.BURST; i++) {
      assertThat(limiter.allow(source, now)).isTrue();
    }
  }

  private byte[] initiationWithCookie() {
    putUnderLoad();
    a.initiate(b);
    b.deliver(a.sent.remove(), HOME);
    a.deliver(b.replies.removeLast());
    clock.add(Duration.ofMillis(5400));
    a.advance();
    return a.sent.remove();
  }

  private void putUnderLoad() {
    load(b);
  }

  /** Anybody who knows the public key can do that to it. */
  private void load(End end) {
    End flooder = new End(clock);
    flooder.wireGuard.add(end.key.publicKey(), null);
    flooder.initiate(end);
    byte[] message = flooder.sent.remove();
    for (int i = 0; i <= HandshakeLimiter.LOAD_THRESHOLD; i++) {
      end.deliver(message, path(203, 0, 113, 1, 0, 9));
    }
    end.replies.clear();
    end.unknown.clear();
  }
}
