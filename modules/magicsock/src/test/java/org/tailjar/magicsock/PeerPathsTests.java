package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PeerPathsTests {

  private static final InetSocketAddress X = new InetSocketAddress("198.51.100.1", 41641);
  private static final InetSocketAddress Y = new InetSocketAddress("203.0.113.2", 1000);
  private static final InetSocketAddress Z = new InetSocketAddress("192.0.2.3", 2000);

  private record SentPing(InetSocketAddress to, TransactionId id) {}

  private final List<SentPing> pings = new ArrayList<>();
  private int calls;
  private long now = seconds(1000);
  private long lastSend = Times.NEVER;
  private final PeerPaths paths =
      new PeerPaths(
          new Random(3),
          new PeerPaths.Actions() {
            @Override
            public void ping(InetSocketAddress to, TransactionId id) {
              pings.add(new SentPing(to, id));
            }

            @Override
            public void callMeMaybe() {
              calls++;
            }
          });

  private static long seconds(double seconds) {
    return (long) (seconds * 1e9);
  }

  private static long millis(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }

  /** Lets time pass, running each timer at its moment, and sends all the while if asked to. */
  private void pass(double seconds, boolean sending) {
    long end = now + seconds(seconds);
    while (true) {
      if (sending) {
        lastSend = now;
      }
      long next = paths.advance(now, lastSend);
      if (next > end) {
        now = end;
        return;
      }
      now = Math.max(now, next);
    }
  }

  private void send() {
    lastSend = now;
    paths.sending(now);
  }

  private void answer(InetSocketAddress from, long latencyMillis) {
    SentPing ping =
        pings.stream().filter(each -> each.to.equals(from)).reduce((a, b) -> b).orElseThrow();
    now += millis(latencyMillis);
    assertThat(paths.pong(ping.id, now)).isTrue();
  }

  @Test
  void aPeerThatCallsWithoutEndIsNotPingedWithoutEnd() {
    List<InetSocketAddress> called = new ArrayList<>();
    for (int port = 1; port <= 100; port++) {
      called.add(new InetSocketAddress("198.51.100.1", port));
    }
    for (int i = 0; i < 1000; i++) {
      paths.callMeMaybe(called, now);
    }
    assertThat(pings).hasSizeLessThanOrEqualTo(PeerPaths.MAX_PINGS);
    assertThat(paths.size()).isLessThanOrEqualTo(PeerPaths.MAX_CANDIDATES + PeerPaths.MAX_PINGS);
    pass(6, false);
    pings.clear();
    paths.callMeMaybe(called, now);
    assertThat(pings).hasSize(100);
  }

  private List<InetSocketAddress> pinged() {
    List<InetSocketAddress> all = pings.stream().map(SentPing::to).toList();
    pings.clear();
    return all;
  }

  @Test
  void nothingIsSentBeforeThereIsTraffic() {
    paths.map(List.of(X, Y), true, now);
    pass(100, false);
    assertThat(pinged()).isEmpty();
    assertThat(calls).isZero();
    assertThat(paths.advance(now, lastSend)).isEqualTo(Times.NONE);
  }

  @Test
  void theFirstPacketPingsEveryEndpointAndAsksToBeCalled() {
    paths.map(List.of(X, Y), true, now);
    send();
    assertThat(pinged()).containsExactly(X, Y);
    assertThat(calls).isEqualTo(1);
    assertThat(paths.best()).isNull();
  }

  @Test
  void aPeerWithoutEndpointsIsNotAskedToCall() {
    paths.map(List.of(), true, now);
    send();
    pass(10, true);
    assertThat(calls).isZero();
  }

  @Test
  void aPeerWithoutRelayIsNotAskedToCall() {
    paths.map(List.of(X), false, now);
    send();
    assertThat(pinged()).containsExactly(X);
    assertThat(calls).isZero();
  }

  @Test
  void aPongMakesItsAddressTheBestAndTrusted() {
    paths.map(List.of(X), true, now);
    send();
    answer(X, 20);
    assertThat(paths.best()).isEqualTo(X);
    assertThat(paths.bestLatency()).isEqualTo(millis(20));
    assertThat(paths.trusted(now)).isTrue();
    assertThat(paths.trusted(now + seconds(6.4))).isTrue();
    assertThat(paths.trusted(now + seconds(6.5))).isFalse();
  }

  @Test
  void aPongToNoPingOfOursIsRefused() {
    paths.map(List.of(X), true, now);
    send();
    assertThat(paths.pong(new TransactionId(1, 2), now)).isFalse();
    assertThat(paths.best()).isNull();
  }

  @Test
  void aPongCountsOnce() {
    paths.map(List.of(X), true, now);
    send();
    TransactionId id = pings.getFirst().id;
    assertThat(paths.pong(id, now)).isTrue();
    assertThat(paths.pong(id, now)).isFalse();
  }

  @Test
  void aPongFromAnEndpointThatIsGoneChangesNothing() {
    paths.map(List.of(X), true, now);
    send();
    TransactionId id = pings.getFirst().id;
    paths.map(List.of(Y), true, now);
    assertThat(paths.pong(id, now)).isTrue();
    assertThat(paths.best()).isNull();
  }

  @Test
  void heartbeatsKeepTheTrust() {
    paths.map(List.of(X), true, now);
    send();
    answer(X, 1);
    for (int i = 0; i < 10; i++) {
      pinged();
      pass(3, true);
      assertThat(paths.trusted(now)).isTrue();
      answer(X, 1);
    }
    assertThat(calls).isEqualTo(1);
  }

  @Test
  void aHeartbeatGoesOutEveryThreeSecondsWhileThereIsTraffic() {
    paths.map(List.of(X), true, now);
    send();
    long start = now;
    answer(X, 0);
    for (int i = 1; i <= 20; i++) {
      now = start + seconds(3 * i) - 1;
      lastSend = now;
      assertThat(paths.advance(now, lastSend)).isEqualTo(now + 1);
      assertThat(pings).hasSize(i);
      now++;
      paths.advance(now, lastSend);
      assertThat(pings).hasSize(i + 1);
      answer(X, 0);
    }
  }

  @Test
  void trustEndsWithoutPongsAndTheAddressIsGivenUpAfterThePingTimeout() {
    paths.map(List.of(X), true, now);
    send();
    answer(X, 1);
    pass(6.6, true);
    assertThat(paths.best()).isEqualTo(X);
    assertThat(paths.trusted(now)).isFalse();
    pass(2, true);
    assertThat(paths.best()).isNull();
  }

  @Test
  void aDeadPathIsLookedForAgainAndFoundWhenItComesBack() {
    paths.map(List.of(X), true, now);
    send();
    answer(X, 1);
    pass(30, true);
    assertThat(paths.best()).isNull();
    pinged();
    pass(6.1, true);
    answer(X, 1);
    assertThat(paths.trusted(now)).isTrue();
  }

  @Test
  void heartbeatsStopWhenNothingIsSentForLong() {
    paths.map(List.of(X), true, now);
    send();
    answer(X, 1);
    pass(60, false);
    assertThat(paths.active()).isFalse();
    pinged();
    pass(1000, false);
    assertThat(pinged()).isEmpty();
  }

  @Test
  void traffickingAgainAfterAPauseDoubtsAndPingsTheOldAddress() {
    paths.map(List.of(X), true, now);
    send();
    answer(X, 1);
    pass(42, false);
    answer(X, 1);
    pass(600, false);
    assertThat(paths.active()).isFalse();
    pinged();
    send();
    assertThat(paths.trusted(now)).isFalse();
    assertThat(pinged()).containsExactly(X);
    assertThat(calls).isGreaterThanOrEqualTo(2);
  }

  @Test
  void anAddressIsPingedAtMostEveryFiveSecondsByDiscovery() {
    paths.map(List.of(X), true, now);
    send();
    pinged();
    pass(30, true);
    assertThat(pinged()).hasSize(5);
  }

  @Test
  void aFasterAddressReplacesASlowOneAndASlightlyFasterDoesNot() {
    paths.map(List.of(X, Y, Z), true, now);
    send();
    long start = now;
    answer(X, 100);
    now = start;
    answer(Y, 99);
    assertThat(paths.best()).isEqualTo(X);
    now = start;
    answer(Z, 50);
    assertThat(paths.best()).isEqualTo(Z);
  }

  @Test
  void anyAnsweringAddressReplacesOneThatIsNotTrusted() {
    paths.map(List.of(X), true, now);
    send();
    answer(X, 1);
    pass(6.6, true);
    paths.map(List.of(X, Y), true, now);
    assertThat(paths.best()).isEqualTo(X);
    answer(Y, 300);
    assertThat(paths.best()).isEqualTo(Y);
  }

  @Test
  void aSlowDirectPathIsImprovedOnAfterAMinute() {
    paths.map(List.of(X, Y), true, now);
    send();
    int before = count(Y);
    steady(X, 20, 75);
    assertThat(count(Y)).isEqualTo(before + 1);
  }

  @Test
  void aFastDirectPathIsNotImprovedOn() {
    paths.map(List.of(X, Y), true, now);
    send();
    int before = count(Y);
    steady(X, 2, 150);
    assertThat(count(Y)).isEqualTo(before);
  }

  /** Lets time pass with traffic, while one address answers every ping after its latency. */
  private void steady(InetSocketAddress address, long latencyMillis, int seconds) {
    answer(address, latencyMillis);
    long end = now + seconds(seconds);
    while (now < end) {
      int before = count(address);
      while (true) {
        lastSend = now;
        long next = paths.advance(now, lastSend);
        if (count(address) > before) {
          break;
        }
        now = next;
      }
      answer(address, latencyMillis);
    }
  }

  private int count(InetSocketAddress address) {
    return (int) pings.stream().filter(ping -> ping.to.equals(address)).count();
  }

  @Test
  void aCallMeMaybePingsAllAtOnceAndIsNotAnsweredByAnother() {
    paths.map(List.of(X), true, now);
    send();
    pinged();
    int before = calls;
    paths.callMeMaybe(List.of(Y, new InetSocketAddress("fe80::1", 5)), now);
    assertThat(pinged()).containsExactly(X, Y);
    assertThat(calls).isEqualTo(before);
  }

  @Test
  void aCallMeMaybeWorksForAPeerThatWeNeverSentTo() {
    paths.callMeMaybe(List.of(Y), now);
    assertThat(pings).extracting(SentPing::to).containsExactly(Y);
    answer(Y, 3);
    assertThat(paths.best()).isEqualTo(Y);
  }

  @Test
  void theSourceOfAPingIsACandidateAndPingedBackWhileThereIsTraffic() {
    paths.map(List.of(X), true, now);
    send();
    pinged();
    assertThat(paths.pinged(Z, new TransactionId(1, 1), now)).isTrue();
    assertThat(pinged()).containsExactly(Z);
  }

  @Test
  void theSourceOfAPingIsLeftAloneWhileThereIsNoTraffic() {
    assertThat(paths.pinged(Z, new TransactionId(1, 1), now)).isTrue();
    assertThat(pinged()).isEmpty();
    send();
    assertThat(pinged()).containsExactly(Z);
  }

  @Test
  void pingsThatAnswerPingsDoNotRunInCircles() {
    paths.map(List.of(X), true, now);
    send();
    pinged();
    for (int i = 0; i < 10; i++) {
      paths.pinged(Z, new TransactionId(1, i), now);
    }
    assertThat(pinged()).containsExactly(Z);
  }

  @Test
  void aPingSeenTwiceIsAnsweredOnce() {
    assertThat(paths.pinged(X, new TransactionId(1, 1), now)).isTrue();
    assertThat(paths.pinged(X, new TransactionId(1, 1), now)).isFalse();
    assertThat(paths.pinged(X, new TransactionId(1, 2), now)).isTrue();
  }

  @Test
  void aRefusedSendEndsTheTrust() {
    paths.map(List.of(X), true, now);
    send();
    answer(X, 1);
    paths.sendFailed(Y, now);
    assertThat(paths.trusted(now)).isTrue();
    paths.sendFailed(X, now);
    assertThat(paths.trusted(now)).isFalse();
  }

  @Test
  void aPeerThatStartsAnewIsForgotten() {
    paths.map(List.of(X), true, now);
    paths.pinged(Z, new TransactionId(1, 1), now);
    send();
    answer(X, 1);
    TransactionId old = pings.getLast().id;
    pinged();
    paths.reset();
    assertThat(paths.best()).isNull();
    assertThat(paths.active()).isFalse();
    assertThat(paths.pong(old, now)).isFalse();
    send();
    assertThat(pinged()).containsExactly(X);
  }

  @Test
  void aNewEndpointIsTriedAtOnceWhileThereIsNoDirectPath() {
    paths.map(List.of(X), true, now);
    send();
    pinged();
    paths.map(List.of(X, Y), true, now);
    assertThat(pinged()).containsExactly(Y);
  }

  @Test
  void aTrustedAddressThatLeavesTheMapStaysInUse() {
    paths.map(List.of(X), true, now);
    send();
    answer(X, 1);
    paths.map(List.of(Y), true, now);
    assertThat(paths.best()).isEqualTo(X);
  }

  @Test
  void aFloodOfSourcesDoesNotDisplaceTheAddressInUseOrTheMap() {
    paths.map(List.of(X, Y), true, now);
    send();
    answer(X, 1);
    for (int port = 1; port < 5000; port++) {
      paths.pinged(new InetSocketAddress("192.0.2.9", port), new TransactionId(2, port), now);
    }
    assertThat(paths.best()).isEqualTo(X);
    pings.clear();
    paths.doubt(now);
    assertThat(pinged()).hasSizeLessThanOrEqualTo(100).contains(X, Y);
  }
}
