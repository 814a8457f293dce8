package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules of the WireGuard paper 6, on a clock that jumps from deadline to deadline. */
class TimersTests {

  private static final int INITIATION = Message.INITIATION;

  private final End.Clock clock = new End.Clock();
  private final End[] ends = End.connectedPair(clock);
  private final End a = ends[0];
  private final End b = ends[1];
  private final long start = clock.nanos;

  /** What was sent, by whom and when. */
  private record Sent(String who, double second, int type, int length) {}

  private final List<Sent> trace = new ArrayList<>();
  private boolean bIsCutOff;

  @Test
  void nothingIsSentWithoutTraffic() {
    run(Duration.ofMinutes(30));
    assertThat(trace).isEmpty();
  }

  @Test
  void whoeverReceivesDataAndHasNothingToSendSendsAKeepaliveAfterTenSeconds() {
    a.send(b, "data");
    run(Duration.ofSeconds(60));
    assertThat(trace).containsExactly(new Sent("a", 0, 4, 48), new Sent("b", 10, 4, 32));
  }

  @Test
  void aKeepaliveIsNotAnsweredWithAKeepalive() {
    a.wireGuard.persistentKeepalive(a.peer(b), Duration.ofSeconds(25), clock.nanos, a);
    run(Duration.ofSeconds(99));
    assertThat(trace).hasSize(4).allMatch(sent -> sent.who.equals("a") && sent.length == 32);
  }

  @Test
  void anyAnswerStandsInForTheKeepalive() {
    a.send(b, "data");
    run(Duration.ofSeconds(9));
    b.send(a, "answer");
    run(Duration.ofSeconds(20));
    assertThat(trace)
        .containsExactly(
            new Sent("a", 0, 4, 48), new Sent("b", 9, 4, 48), new Sent("a", 19, 4, 32));
  }

  @Test
  void dataThatGoesOneWayIsAnsweredWithAKeepaliveEveryTenSeconds() {
    for (int i = 0; i < 35; i++) {
      a.send(b, "data");
      run(Duration.ofSeconds(1));
    }
    assertThat(trace.stream().filter(sent -> sent.who.equals("b")).map(Sent::second))
        .containsExactly(10.0, 20.0, 30.0);
    assertThat(trace).noneMatch(sent -> sent.type == INITIATION);
  }

  @Test
  void whoeverSendsDataAndHearsNothingStartsAHandshakeAfterFifteenSeconds() {
    bIsCutOff = true;
    a.send(b, "data");
    run(Duration.ofSeconds(16));
    assertThat(trace).hasSize(2);
    assertThat(trace.getLast().type).isEqualTo(INITIATION);
    assertThat(trace.getLast().second).isBetween(15.0, 15.334);
  }

  @Test
  void hearingAnythingEndsTheWait() {
    a.send(b, "data");
    run(Duration.ofSeconds(3));
    b.send(a, "answer");
    bIsCutOff = true;
    run(Duration.ofSeconds(60));
    assertThat(trace).noneMatch(sent -> sent.who.equals("a") && sent.type == INITIATION);
  }

  @Test
  void anUnansweredHandshakeIsTriedAgainWithJitterForNinetySecondsThenGivenUp() {
    bIsCutOff = true;
    clock.add(Duration.ofMinutes(10));
    a.advance();
    long from = clock.nanos;
    a.send(b, "never arrives");
    run(Duration.ofMinutes(3));
    List<Sent> initiations = trace.stream().filter(sent -> sent.type == INITIATION).toList();
    assertThat(initiations).hasSize(19);
    List<Double> gaps = new ArrayList<>();
    for (int i = 1; i < initiations.size(); i++) {
      gaps.add(initiations.get(i).second - initiations.get(i - 1).second);
    }
    assertThat(gaps).allMatch(gap -> gap >= 5 && gap < 5.334);
    assertThat(gaps.stream().map(gap -> Math.round(gap * 1e6)).distinct().count())
        .isGreaterThan(15);
    assertThat(a.gaveUp).containsExactly(a.peer(b));
    assertThat(initiations.getFirst().second).isCloseTo((from - start) / 1e9, within(0.001));
    // What is sent next tries anew.
    trace.clear();
    bIsCutOff = false;
    a.send(b, "arrives");
    run(Duration.ofSeconds(1));
    assertThat(b.received).containsExactly("arrives");
  }

  @Test
  void trafficKeepsAHandshakeGoingWithoutHasteningIt() {
    bIsCutOff = true;
    clock.add(Duration.ofMinutes(10));
    a.advance();
    for (int i = 0; i < 1200; i++) {
      a.send(b, "again");
      run(Duration.ofMillis(100));
    }
    List<Sent> initiations = trace.stream().filter(sent -> sent.type == INITIATION).toList();
    assertThat(initiations.size()).isBetween(22, 24);
    assertThat(a.gaveUp).isEmpty();
    for (int i = 1; i < initiations.size(); i++) {
      assertThat(initiations.get(i).second - initiations.get(i - 1).second)
          .isGreaterThanOrEqualTo(5);
    }
  }

  @Test
  void theInitiatorRenewsTheSessionWhenItSendsAfterTwoMinutes() {
    for (int i = 0; i < 170; i++) {
      a.send(b, "ping " + i);
      b.send(a, "pong " + i);
      run(Duration.ofSeconds(1));
    }
    List<Sent> initiations = trace.stream().filter(sent -> sent.type == INITIATION).toList();
    assertThat(initiations).hasSize(1);
    assertThat(initiations.getFirst().who).isEqualTo("a");
    assertThat(initiations.getFirst().second).isBetween(120.0, 122.0);
    assertThat(b.received).hasSize(170);
    assertThat(a.received).hasSize(170);
  }

  @Test
  void theResponderDoesNotRenewByTime() {
    run(Duration.ofSeconds(130));
    b.send(a, "data");
    run(Duration.ofSeconds(1));
    assertThat(trace).noneMatch(sent -> sent.who.equals("b") && sent.type == INITIATION);
  }

  @Test
  void anInitiatorThatOnlyReceivesRenewsTheSessionShortlyBeforeItEnds() {
    run(Duration.ofSeconds(164));
    b.send(a, "data");
    run(Duration.ofSeconds(2));
    assertThat(trace).noneMatch(sent -> sent.type == INITIATION);
    b.send(a, "data");
    run(Duration.ofSeconds(1));
    assertThat(trace).filteredOn(sent -> sent.type == INITIATION).hasSize(1);
    assertThat(trace).contains(new Sent("a", 166, INITIATION, 148));
    assertThat(a.received).hasSize(2);
  }

  @Test
  void thatHandshakeIsStartedOnceHoweverMuchMoreComes() {
    bIsCutOff = true;
    run(Duration.ofSeconds(166));
    Session session = b.peer(a).sending(clock.nanos);
    assertThat(session).isNotNull();
    for (int i = 0; i < 14; i++) {
      a.deliver(b.seal(session, session.reserve(1), "data"));
      run(Duration.ofSeconds(1));
    }
    assertThat(a.received).hasSize(14);
    run(Duration.ofMinutes(3));
    // Were each message to start it anew, it would be tried for longer.
    assertThat(trace).filteredOn(sent -> sent.type == INITIATION).hasSize(19);
    assertThat(a.gaveUp).hasSize(1);
  }

  @Test
  void manyMessagesWearASessionOut() {
    a.peer(b).sending(clock.nanos).sendCounter.set(Session.REKEY_AFTER_MESSAGES - 1);
    a.send(b, "2^60 - 1");
    run(Duration.ofSeconds(6));
    assertThat(trace).noneMatch(sent -> sent.type == INITIATION);
    a.send(b, "2^60");
    run(Duration.ofSeconds(1));
    assertThat(trace).filteredOn(sent -> sent.type == INITIATION).hasSize(1);
    assertThat(b.received).hasSize(2);
    assertThat(a.peer(b).sending(clock.nanos).sendCounter.get()).isLessThan(10);
  }

  @Test
  void usedUpCountersBringANewSession() {
    clock.add(Duration.ofSeconds(6));
    a.peer(b).sending(clock.nanos).sendCounter.set(Session.REJECT_AFTER_MESSAGES);
    a.send(b, "waits");
    run(Duration.ofSeconds(1));
    assertThat(b.received).containsExactly("waits");
  }

  @Test
  void nothingIsSentOnASessionAfterThreeMinutes() {
    clock.add(Duration.ofSeconds(180));
    assertThat(a.peer(b).sending(clock.nanos)).isNull();
    b.send(a, "data");
    run(Duration.ofSeconds(1));
    assertThat(trace.getFirst()).isEqualTo(new Sent("b", 180, INITIATION, 148));
    assertThat(a.received).containsExactly("data");
  }

  @Test
  void allKeysAreOverwrittenNineMinutesAfterTheLastExchange() {
    run(Duration.ofSeconds(539));
    assertThat(a.zeroed).isEmpty();
    assertThat(a.peer(b).current()).isNotNull();
    run(Duration.ofSeconds(2));
    assertThat(a.zeroed).containsExactly(a.peer(b));
    assertThat(b.zeroed).containsExactly(b.peer(a));
    assertThat(a.peer(b).current()).isNull();
    assertThat(trace).isEmpty();
    run(Duration.ofSeconds(60));
    a.send(b, "again");
    run(Duration.ofSeconds(1));
    assertThat(b.received).containsExactly("again");
  }

  @Test
  void packetsThatWaitForAHandshakeAreNotStrandedWhenOldKeysAreOverwritten() {
    run(Duration.ofSeconds(538));
    bIsCutOff = true;
    a.send(b, "late");
    run(Duration.ofMillis(2500));
    assertThat(a.zeroed).hasSize(1);
    bIsCutOff = false;
    run(Duration.ofSeconds(6));
    assertThat(b.received).containsExactly("late");
  }

  @Test
  void aResponseIsTakenEvenIfOldKeysAreOverwrittenMeanwhile() {
    run(Duration.ofMillis(539_900));
    a.send(b, "late");
    byte[] initiation = a.sent.remove();
    clock.add(Duration.ofMillis(200));
    a.advance();
    b.deliver(initiation);
    run(Duration.ofMillis(1));
    assertThat(a.zeroed).hasSize(1);
    assertThat(b.received).containsExactly("late");
  }

  @Test
  void aHandshakeThatNeverCameAboutLeavesNothingBehind() {
    End[] strangers = End.pair(clock);
    End c = strangers[0];
    c.initiate(strangers[1]);
    assertThat(c.peer(strangers[1]).handshake()).isNotNull();
    for (int i = 0; i < 700; i++) {
      clock.add(Duration.ofSeconds(1));
      c.advance();
    }
    assertThat(c.zeroed).hasSize(1);
    assertThat(c.peer(strangers[1]).handshake()).isNull();
  }

  @Test
  void persistentKeepalivesComeAfterSilenceAndOpenASessionWhenThereIsNone() {
    End[] strangers = End.pair(clock);
    End c = strangers[0];
    End d = strangers[1];
    c.wireGuard.persistentKeepalive(c.peer(d), Duration.ofSeconds(25), clock.nanos, c);
    End.exchange(c, d);
    assertThat(d.established).hasSize(1);
    clock.add(Duration.ofSeconds(20));
    d.send(c, "traffic");
    End.exchange(c, d);
    clock.add(Duration.ofSeconds(9));
    c.advance();
    assertThat(c.sent).isEmpty();
    clock.add(Duration.ofSeconds(1));
    c.advance();
    // The answer that the traffic is owed counts as well.
    assertThat(c.sent).hasSize(1);
    End.exchange(c, d);
    clock.add(Duration.ofSeconds(24));
    c.advance();
    assertThat(c.sent).isEmpty();
    clock.add(Duration.ofSeconds(1));
    c.advance();
    assertThat(c.sent).hasSize(1);
    c.sent.clear();
    c.wireGuard.persistentKeepalive(c.peer(d), Duration.ZERO, clock.nanos, c);
    clock.add(Duration.ofSeconds(100));
    c.advance();
    assertThat(c.sent).isEmpty();
  }

  @Test
  void aHandshakeAskedForTooSoonIsSentAsSoonAsMayBe() {
    // The response went out, but what should confirm the session is lost.
    End[] strangers = End.pair(clock);
    End c = strangers[0];
    End d = strangers[1];
    c.initiate(d);
    d.deliver(c.sent.remove());
    c.deliver(d.sent.remove());
    c.sent.clear();
    d.send(c, "waits");
    assertThat(d.sent).isEmpty();
    clock.add(Duration.ofMillis(5400));
    d.advance();
    End.exchange(c, d);
    assertThat(c.received).containsExactly("waits");
  }

  @Test
  void oneWhoSendsAsksForAHandshakeOnceInFiveSeconds() {
    End[] strangers = End.pair(clock);
    Peer peer = strangers[0].peer(strangers[1]);
    assertThat(peer.wantsHandshake(clock.nanos)).isTrue();
    assertThat(peer.wantsHandshake(clock.nanos)).isFalse();
    assertThat(peer.wantsHandshake(clock.nanos + 4_999_999_999L)).isFalse();
    assertThat(peer.wantsHandshake(clock.nanos + 5_000_000_000L)).isTrue();
    assertThat(a.peer(b).wantsHandshake(clock.nanos)).isFalse();
  }

  @Test
  void theDeadlineIsNeverMissedWhenAnotherThreadStartsATimer() {
    // RX sleeps until the deadline that it was given; TX sends right after.
    long deadline = a.advance();
    clock.nanos += 1;
    a.send(b, "data");
    a.sent.clear();
    long due = clock.nanos + Duration.ofSeconds(15).toNanos();
    assertThat(deadline - due).isNegative();
    clock.nanos = deadline;
    long next = a.advance();
    assertThat(next - due).isBetween(0L, Duration.ofMillis(334).toNanos());
  }

  @Test
  void timeMayPassZero() {
    clock.nanos = -Duration.ofSeconds(5).toNanos();
    End[] strangers = End.connectedPair(clock);
    strangers[0].send(strangers[1], "data");
    End.exchange(strangers[0], strangers[1]);
    clock.add(Duration.ofSeconds(10));
    strangers[1].advance();
    assertThat(strangers[1].sent).hasSize(1);
  }

  private void run(Duration time) {
    long end = clock.nanos + time.toNanos();
    while (true) {
      drain();
      long deadline = a.advance();
      long other = b.advance();
      drain();
      if (other - deadline < 0) {
        deadline = other;
      }
      if (deadline - end > 0) {
        break;
      }
      clock.add(Duration.ofNanos(Math.max(0, deadline - clock.nanos)));
    }
    clock.add(Duration.ofNanos(end - clock.nanos));
  }

  private void drain() {
    while (!a.sent.isEmpty() || !b.sent.isEmpty()) {
      drain("a", a, b, bIsCutOff);
      drain("b", b, a, false);
    }
  }

  private void drain(String who, End from, End to, boolean cutOff) {
    while (!from.sent.isEmpty()) {
      byte[] message = from.sent.remove();
      double second = (clock.nanos - start) / 1e9;
      trace.add(new Sent(who, second, End.type(message), message.length));
      if (!cutOff) {
        to.deliver(message);
      }
    }
  }
}
