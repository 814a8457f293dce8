package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NetcheckTests {

  private static final InetSocketAddress SELF = new InetSocketAddress("198.51.100.1", 41641);

  private record Sent(InetSocketAddress to, TransactionId id) {}

  private final List<Sent> sent = new ArrayList<>();
  private final Netcheck netcheck =
      new Netcheck(new Random(4), (to, id) -> sent.add(new Sent(to, id)));

  private static StunTarget target(int region) {
    return new StunTarget(region, new InetSocketAddress("192.0.2." + region, 3478));
  }

  private static long millis(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }

  private void answer(int region, InetSocketAddress mapped, long at) {
    Sent request =
        sent.stream().filter(each -> each.to.equals(target(region).address())).findFirst().get();
    netcheck.answer(new Stun.Response(request.id, mapped), at);
  }

  @Test
  void aRoundEndsWhenAllHaveAnswered() {
    netcheck.start(List.of(target(1), target(2)), 0);
    assertThat(sent).hasSize(2);
    answer(1, SELF, millis(10));
    assertThat(netcheck.takeReport()).isNull();
    answer(2, SELF, millis(30));
    StunReport report = netcheck.takeReport();
    assertThat(report.latencies())
        .containsEntry(1, Duration.ofMillis(10))
        .containsEntry(2, Duration.ofMillis(30));
    assertThat(report.mapped()).containsExactly(SELF);
    assertThat(report.mappingVaries()).contains(false);
    assertThat(report.udpWorks()).isTrue();
    assertThat(netcheck.takeReport()).isNull();
  }

  @Test
  void anAddressForEachServerMeansThatTheMappingVaries() {
    netcheck.start(List.of(target(1), target(2)), 0);
    answer(1, SELF, millis(10));
    answer(2, new InetSocketAddress("198.51.100.1", 5), millis(10));
    assertThat(netcheck.takeReport().mappingVaries()).contains(true);
  }

  @Test
  void silenceIsAskedThreeTimesAndMeansThatUdpIsBlocked() {
    netcheck.start(List.of(target(1)), 0);
    long now = 0;
    while (netcheck.running()) {
      now = netcheck.advance(now);
      netcheck.advance(now);
    }
    assertThat(now).isEqualTo(millis(3000));
    assertThat(sent).hasSize(3);
    StunReport report = netcheck.takeReport();
    assertThat(report.udpWorks()).isFalse();
    assertThat(report.mappingVaries()).isEqualTo(Optional.empty());
  }

  @Test
  void aLateAnswerToTheFirstRequestCountsFromThen() {
    netcheck.start(List.of(target(1)), 0);
    netcheck.advance(millis(200));
    answer(1, SELF, millis(350));
    assertThat(netcheck.takeReport().latencies()).containsEntry(1, Duration.ofMillis(350));
  }

  @Test
  void withEnoughRegionsTheSlowOnesAreNotWaitedFor() {
    netcheck.start(List.of(target(1), target(2), target(3), target(4)), 0);
    answer(1, SELF, millis(10));
    answer(2, SELF, millis(20));
    answer(3, SELF, millis(150));
    assertThat(netcheck.advance(millis(290))).isEqualTo(millis(300));
    netcheck.advance(millis(300));
    assertThat(netcheck.takeReport().latencies()).containsOnlyKeys(1, 2, 3);
  }

  @Test
  void anAnswerToNoRequestIsIgnored() {
    netcheck.start(List.of(target(1)), 0);
    netcheck.answer(new Stun.Response(new TransactionId(7, 7), SELF), 1);
    assertThat(netcheck.takeReport()).isNull();
    assertThat(netcheck.running()).isTrue();
  }

  @Test
  void withoutServersTheRoundEndsAtOnce() {
    netcheck.start(List.of(), 0);
    assertThat(netcheck.running()).isFalse();
    assertThat(netcheck.takeReport().udpWorks()).isFalse();
  }
}
