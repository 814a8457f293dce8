package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tailjar.crypto.NodePrivateKey;

/** Floods of handshake messages from many sources, on a clock that stands still. */
class FloodTests {

  private static final int SOURCES = 500;
  private static final long WORK_NANOS = 300_000;

  private final End.Clock clock = new End.Clock();
  private final HandshakeLimiter limiter = new HandshakeLimiter();

  private static End.SourcePath path(int number) {
    return new End.SourcePath(
        new byte[] {10, 66, (byte) (number >> 8), (byte) number, (byte) 0xa2, (byte) 0xb9});
  }

  private static Peer somebody() {
    return new Peer(NodePrivateKey.generate().publicKey(), Timings.STANDARD, new Random());
  }

  /** Has sources from this number on use up all that strangers have. */
  private void exhaust() {
    int refused = 0;
    for (int i = 1000; refused < 100; i++) {
      refused += handshake(i, 0) ? 0 : 1;
      limiter.allowReply(path(i).source(), 0);
    }
  }

  private boolean handshake(int number, long now) {
    boolean allowed = limiter.allow(path(number).source(), now);
    if (allowed) {
      limiter.worked(path(number).source(), WORK_NANOS, now);
    }
    return allowed;
  }

  private void putUnderLoad(long now) {
    for (int i = 0; i <= HandshakeLimiter.LOAD_THRESHOLD; i++) {
      limiter.underLoad(now);
    }
  }

  @Test
  void manySourcesTogetherTakeAShareOfTheTime() {
    int allowed = 0;
    int replies = 0;
    long second = Duration.ofSeconds(1).toNanos();
    putUnderLoad(0);
    for (int i = 0; i < 20_000; i++) {
      long now = i * second / 20_000;
      allowed += handshake(i, now) ? 1 : 0;
      replies += limiter.allowReply(path(i).source(), now) ? 1 : 0;
    }
    long share = second / HandshakeLimiter.TIME_SHARE + HandshakeLimiter.TIME_BURST_NANOS;
    assertThat(allowed * WORK_NANOS).isBetween(share * 9 / 10, share + WORK_NANOS);
    int most = HandshakeLimiter.REPLIES_PER_SECOND;
    assertThat(replies).isBetween(most, most * 9 / 8);
  }

  @Test
  void aSourceThatHadNoHandshakeLatelyComesBeforeThoseThatHad() {
    putUnderLoad(0);
    int refused = 0;
    for (int i = 0; refused < 100; i++) {
      refused += handshake(i % 4, 0) ? 0 : 1;
    }
    assertThat(limiter.isSpent(path(1).source(), true, 0)).isTrue();
    assertThat(limiter.isSpent(path(7).source(), true, 0)).isFalse();
    assertThat(handshake(7, 0)).isTrue();
    assertThat(handshake(7, 0)).as("now it had one").isFalse();
    assertThat(handshake(7, HandshakeLimiter.SERVED_NANOS)).isTrue();
  }

  @Test
  void aHandshakeThatWasInterruptedDoesNotTakeTheTimeOfOthers() {
    putUnderLoad(0);
    for (int i = 0; i < 9; i++) {
      assertThat(limiter.allow(path(i).source(), 0)).isTrue();
      limiter.worked(path(i).source(), Duration.ofSeconds(1).toNanos(), 0);
    }
    assertThat(handshake(70, 0)).isTrue();
  }

  @Test
  void whatIsTooMuchIsNotEvenLookedAtUntilThereIsRoomAgain() {
    limiter.know(somebody(), path(1).source());
    assertThat(limiter.isSpent(path(7).source(), true, 0)).as("no load").isFalse();
    putUnderLoad(0);
    exhaust();
    assertThat(limiter.isSpent(path(7).source(), true, 0)).isTrue();
    assertThat(limiter.isSpent(path(7).source(), false, 0)).isTrue();
    assertThat(limiter.isSpent(path(1).source(), true, 0)).as("a peer's place").isFalse();
    assertThat(limiter.isSpent(path(1).source(), false, 0)).as("a peer's place").isFalse();
    assertThat(limiter.isSpent(path(7).source(), false, Duration.ofMillis(5).toNanos()))
        .as("there is a cookie again")
        .isFalse();
    assertThat(limiter.isSpent(path(7).source(), true, Duration.ofSeconds(2).toNanos()))
        .as("the load is over")
        .isFalse();
  }

  @Test
  void strangersTakeNothingFromWherePeersAre() {
    limiter.know(somebody(), path(1).source());
    putUnderLoad(0);
    exhaust();
    assertThat(limiter.allow(path(7).source(), 0)).isFalse();
    assertThat(limiter.allowReply(path(7).source(), 0)).isFalse();
    assertThat(limiter.allow(path(1).source(), 0)).isTrue();
    assertThat(limiter.allowReply(path(1).source(), 0)).isTrue();
  }

  @Test
  void aPeerIsKnownAtOnePlace() {
    Peer roaming = somebody();
    Peer neighbour = somebody();
    limiter.know(roaming, path(1).source());
    limiter.know(neighbour, path(1).source());
    limiter.know(roaming, path(2).source());
    putUnderLoad(0);
    exhaust();
    assertThat(limiter.allow(path(1).source(), 0)).as("the neighbour is still there").isTrue();
    assertThat(limiter.allow(path(2).source(), 0)).isTrue();
    limiter.forget(neighbour);
    assertThat(limiter.allow(path(1).source(), 0)).isFalse();
    limiter.forget(roaming);
    limiter.forget(roaming);
    assertThat(limiter.allow(path(2).source(), 0)).isFalse();
  }

  @Test
  void peersRenewTheirKeysDuringAFlood() {
    End[] ends = End.pair(clock);
    End a = ends[0];
    End b = ends[1];
    End.SourcePath home = new End.SourcePath(new byte[] {10, 1, 1, 1, 1, 1});
    a.initiate(b);
    b.deliver(a.sent.remove(), home);
    End.exchange(a, b);
    assertThat(a.established).hasSize(1);

    List<byte[]> flood = strangersInitiations(b);
    clock.add(Duration.ofSeconds(121));
    flood(b, flood);
    a.send(b, "wants new keys");
    b.deliver(a.sent.remove(), home);
    assertThat(b.received).containsExactly("wants new keys");
    assertThat(b.deliver(a.sent.remove(), home)).as("under load").isNegative();
    a.deliver(b.replies.removeLast());
    for (int millis = 0; millis < 5400; millis += 600) {
      clock.add(Duration.ofMillis(600));
      flood(b, flood);
      a.send(b, "goes on");
      b.deliver(a.sent.remove(), home);
      a.advance();
      b.advance();
    }
    flood(b, flood);
    byte[] initiation = a.sent.remove();
    assertThat(b.deliver(initiation, home)).isZero();
    a.deliver(b.sent.removeLast());
    assertThat(a.established).hasSize(2);
    assertThat(b.wireGuard.handshakeCounters().cookieReplies()).isPositive();
  }

  /** Also for one whose key is a peer's, from as many places, it is as for anybody. */
  @Test
  void aPeerThatRenewsItsKeysComesBeforePeersThatSendManyInitiations() {
    int places = 128;
    for (int i = 0; i <= places; i++) {
      limiter.know(somebody(), path(i).source());
    }
    int hostile = 0;
    for (int millis = 0; millis < 60_000; millis++) {
      long now = Duration.ofMillis(millis).toNanos();
      limiter.underLoad(now);
      hostile += handshake(millis % places, now) ? 1 : 0;
      hostile += handshake((millis + places / 2) % places, now) ? 1 : 0;
      if (millis % 5000 == 4999) {
        assertThat(limiter.isSpent(path(places).source(), true, now)).isFalse();
        assertThat(handshake(places, now)).as("after %d ms", millis).isTrue();
      }
    }
    assertThat(hostile).isGreaterThan(60 * 35);
  }

  /** Everybody may know the public key of the victim. */
  private List<byte[]> strangersInitiations(End victim) {
    List<byte[]> initiations = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      End stranger = new End(clock);
      stranger.wireGuard.add(victim.key.publicKey(), null);
      stranger.initiate(victim);
      initiations.add(stranger.sent.remove());
    }
    return initiations;
  }

  private static void flood(End victim, List<byte[]> initiations) {
    int replies = victim.replies.size();
    for (int i = 0; i < 8 * SOURCES; i++) {
      victim.deliver(initiations.get(i % initiations.size()), path(i % SOURCES));
    }
    while (victim.replies.size() > replies) {
      victim.replies.removeLast();
    }
  }
}
