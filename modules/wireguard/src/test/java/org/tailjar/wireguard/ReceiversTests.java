package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.crypto.PacketCiphers;

/** Several RX threads: which one a message goes to, and what they do to one session at once. */
@Timeout(60)
class ReceiversTests {

  private final End.Clock clock = new End.Clock();

  /** An end with peers that exchanged keys with it, and their sessions as it has them. */
  private List<Session> sessions(End end, int peers) {
    List<Session> sessions = new ArrayList<>();
    for (int i = 0; i < peers; i++) {
      End peer = new End(clock);
      peer.wireGuard.add(end.key.publicKey(), null);
      end.wireGuard.add(peer.key.publicKey(), null);
      // In turns: an index names the thread whoever begins.
      (i % 2 == 0 ? peer : end).initiate(i % 2 == 0 ? end : peer);
      End.exchange(end, peer);
      sessions.add(Objects.requireNonNull(end.peer(peer).current()));
    }
    return sessions;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 16})
  void peersAreSharedOutEvenlyAndTheFirstThreadGetsItsShareLast(int receivers) {
    End end = new End(clock);
    end.wireGuard.receivers(receivers);
    List<Integer> threads =
        sessions(end, 3 * receivers).stream()
            .map(session -> WireGuard.receiver(session.localIndex(), receivers))
            .toList();
    for (int i = 0; i < threads.size(); i++) {
      assertThat(threads.get(i)).isEqualTo(receivers - 1 - i % receivers);
    }
  }

  @Test
  void allSessionsOfAPeerNameTheSameThread() {
    End[] ends = End.pair(clock);
    ends[0].wireGuard.receivers(4);
    Set<Integer> threads = new HashSet<>();
    Set<Session> sessions = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      ends[i % 2].initiate(ends[1 - i % 2]);
      End.exchange(ends[0], ends[1]);
      Session session = Objects.requireNonNull(ends[0].peer(ends[1]).current());
      sessions.add(session);
      threads.add(WireGuard.receiver(session.localIndex(), 4));
      clock.add(Duration.ofSeconds(10));
    }
    assertThat(sessions).hasSize(20);
    assertThat(threads).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 257})
  void aByteNamesNoMoreThan256Threads(int receivers) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new End(clock).wireGuard.receivers(receivers));
  }

  @Test
  void theOwnerIsToldOfASessionThatIsUsedForTheFirstTimeAndNoOther() {
    End[] ends = End.pair(clock);
    ends[0].initiate(ends[1]);
    ends[1].deliver(ends[0].sent.remove());
    Session unconfirmed = Objects.requireNonNull(ends[1].peer(ends[0]).next());
    assertThat(ends[1].wireGuard.received(unconfirmed, 1, 100, clock.nanos)).isTrue();
    assertThat(ends[1].wireGuard.received(unconfirmed, 1, 100, clock.nanos)).isTrue();
    assertThat(ends[1].peer(ends[0]).sending(clock.nanos)).isNull();
    ends[1].wireGuard.used(unconfirmed, clock.nanos, ends[1]);
    assertThat(ends[1].peer(ends[0]).sending(clock.nanos)).isSameAs(unconfirmed);
    assertThat(ends[1].wireGuard.received(unconfirmed, 1, 100, clock.nanos)).isFalse();
    assertThat(ends[1].peer(ends[0]).bytesReceived()).isEqualTo(148 + 300);
  }

  /** A keepalive is due ten seconds after data that only another thread has seen. */
  @Test
  void whatAnotherThreadReceivedIsAnsweredInTime() {
    End[] ends = End.connectedPair(clock);
    long next = ends[1].advance();
    Session session = Objects.requireNonNull(ends[1].peer(ends[0]).current());
    assertThat(ends[1].wireGuard.received(session, 1, 100, clock.nanos)).isFalse();
    assertThat(next - clock.nanos)
        .isLessThanOrEqualTo(Timings.STANDARD.keepaliveTimeout().toNanos());
    clock.nanos = next;
    ends[1].advance();
    assertThat(ends[1].sent).singleElement().returns(32, message -> message.length);
  }

  @Test
  void threadsThatOpenTheSameMessagesAcceptEachOnce() throws Exception {
    int batches = 500;
    int count = 16;
    int length = 64 + Session.OVERHEAD;
    End[] ends = End.connectedPair(clock);
    Session sending = Objects.requireNonNull(ends[0].peer(ends[1]).current());
    Session receiving = Objects.requireNonNull(ends[1].peer(ends[0]).current());
    byte[] messages = new byte[batches * count * length];
    for (int i = 0; i < batches * count; i++) {
      byte[] message = ends[0].seal(sending, sending.reserve(1), "x".repeat(64));
      System.arraycopy(message, 0, messages, i * length, length);
    }
    AtomicIntegerArray accepted = new AtomicIntegerArray(batches * count);
    CyclicBarrier start = new CyclicBarrier(3);
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<?>> all = new ArrayList<>();
      for (int thread = 0; thread < 3; thread++) {
        all.add(
            threads.submit(
                () -> {
                  BatchOpener opener = new BatchOpener(PacketCiphers.choose().context());
                  MemorySegment memory = Arena.ofAuto().allocate((long) count * length, 16);
                  start.await();
                  for (int batch = 0; batch < batches; batch++) {
                    int at = batch * count;
                    MemorySegment.copy(
                        messages, at * length, memory, ValueLayout.JAVA_BYTE, 0, count * length);
                    opener.open(receiving, memory, 0, length, length, length, count, clock.nanos);
                    for (int i = 0; i < count; i++) {
                      if (opener.result(i) >= 0) {
                        accepted.incrementAndGet(at + i);
                      }
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    // All of them lie in the window, so that none is too late for whoever comes last.
    int[] times = new int[batches * count];
    Arrays.setAll(times, accepted::get);
    assertThat(times).containsOnly(1);
  }
}
