package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.AeadKey;
import org.tailjar.crypto.PacketCiphers;

/** When transport keys are overwritten. */
class KeyLifetimeTests {

  private static final Duration RETIREMENT = KeyPairs.RETIREMENT;

  private final RecordingAead aead = new RecordingAead();
  private final End.Clock clock = new End.Clock();
  private final End a = new End(clock, Timings.STANDARD, aead);
  private final End b = new End(clock);

  /** Notes which keys were overwritten; makes the first key of each session the send key. */
  private static final class RecordingAead implements Aead {

    private final Aead real = PacketCiphers.available().getLast();
    private final List<Integer> destroyed = new ArrayList<>();
    private int made;

    @Override
    public String name() {
      return real.name();
    }

    @Override
    public AeadKey key(byte[] key) {
      int number = made++;
      AeadKey realKey = real.key(key);
      return new RecordedKey(
          realKey,
          () -> {
            destroyed.add(number);
            realKey.destroy();
          });
    }

    @Override
    public AeadContext context() {
      AeadContext context = real.context();
      return new AeadContext() {
        @Override
        public void seal(
            AeadKey key,
            long counter,
            MemorySegment from,
            long fromOffset,
            int length,
            MemorySegment to,
            long toOffset) {
          context.seal(((RecordedKey) key).key, counter, from, fromOffset, length, to, toOffset);
        }

        @Override
        public boolean open(
            AeadKey key,
            long counter,
            MemorySegment from,
            long fromOffset,
            int length,
            MemorySegment to,
            long toOffset) {
          return context.open(
              ((RecordedKey) key).key, counter, from, fromOffset, length, to, toOffset);
        }
      };
    }
  }

  private record RecordedKey(AeadKey key, Runnable onDestroy) implements AeadKey {
    @Override
    public void destroy() {
      onDestroy.run();
    }
  }

  @BeforeEach
  void connect() {
    a.wireGuard.add(b.key.publicKey(), null);
    b.wireGuard.add(a.key.publicKey(), null);
    handshake();
  }

  private void handshake() {
    clock.add(Duration.ofSeconds(6));
    a.initiate(b);
    End.exchange(a, b);
    a.advance();
  }

  private void wait(Duration time) {
    clock.add(time);
    a.advance();
  }

  @Test
  void aSessionKeepsItsKeysWhileItIsCurrentOrPrevious() {
    handshake();
    assertThat(aead.made).isEqualTo(4);
    wait(RETIREMENT.multipliedBy(2));
    assertThat(aead.destroyed).isEmpty();
  }

  @Test
  void theThirdSessionEndsTheFirstOnceNobodyCanBeSealingWithIt() {
    Session first = a.peer(b).sending(clock.nanos);
    long counter = first.reserve(1);
    handshake();
    handshake();
    assertThat(aead.destroyed).as("the receive key").containsExactly(1);
    // Another thread that was in the middle of a batch finishes it.
    assertThat(a.seal(first, counter, "last")).hasSize(48);
    assertThat(first.reserve(1)).isEqualTo(Session.EXHAUSTED);
    wait(RETIREMENT.minusNanos(1));
    assertThat(aead.destroyed).containsExactly(1);
    wait(Duration.ofNanos(1));
    assertThat(aead.destroyed).containsExactly(1, 0);
  }

  @Test
  void allKeysGoWhenThePeerIsSilentForNineMinutes() {
    handshake();
    Duration silence = Timings.STANDARD.rejectAfterTime().multipliedBy(3);
    wait(silence.minusNanos(1));
    assertThat(aead.destroyed).isEmpty();
    wait(Duration.ofNanos(1));
    wait(RETIREMENT);
    assertThat(aead.destroyed).containsExactlyInAnyOrder(0, 1, 2, 3);
  }

  @Test
  void allKeysGoWithTheirPeer() {
    a.wireGuard.remove(a.peer(b));
    a.advance();
    wait(RETIREMENT);
    assertThat(aead.destroyed).containsExactlyInAnyOrder(0, 1);
  }

  @Test
  void allKeysGoAtOnceWhenClosed() {
    handshake();
    handshake();
    a.wireGuard.close();
    assertThat(aead.destroyed).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
  }

  @Test
  void aStoppedProcessDoesNotEndKeysInUse() {
    handshake();
    handshake();
    aead.destroyed.clear();
    b.wireGuard.remove(b.peer(a));
    a.wireGuard.remove(a.peer(b));
    // The process stops here, with other threads in the middle of something, for an hour.
    wait(Duration.ofHours(1));
    assertThat(aead.destroyed.stream().filter(number -> number > 0 && number % 2 == 0)).isEmpty();
    wait(RETIREMENT);
    assertThat(aead.destroyed).contains(2, 4);
  }
}
