package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.AeadKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.PacketCiphers;

class SessionTests {

  private static final int MTU = 1280;
  private static final long NOW = -1000;
  private static final long END = NOW + Timings.STANDARD.rejectAfterTime().toNanos();

  private final Random random = new Random(5);
  private final MemorySegment from = Arena.ofAuto().allocate(4096);
  private final MemorySegment to = Arena.ofAuto().allocate(4096);
  private Aead aead = PacketCiphers.choose();
  private AeadContext context = aead.context();
  private Session sender = session(true, 11, 22);
  private Session receiver = session(false, 22, 11);

  static List<Aead> ciphers() {
    return PacketCiphers.available();
  }

  private void use(Aead chosen) {
    aead = chosen;
    context = chosen.context();
    sender = session(true, 11, 22);
    receiver = session(false, 22, 11);
  }

  private Session session(boolean initiator, int local, int remote) {
    byte[] first = new byte[32];
    byte[] second = new byte[32];
    Arrays.fill(first, (byte) 1);
    Arrays.fill(second, (byte) 2);
    AeadKey send = aead.key(initiator ? first : second);
    AeadKey receive = aead.key(initiator ? second : first);
    Peer peer = new Peer(NodePrivateKey.generate().publicKey(), Timings.STANDARD, random);
    return new Session(peer, initiator, local, remote, send, receive, NOW, Timings.STANDARD);
  }

  @BeforeEach
  void fill() {
    for (int i = 0; i < from.byteSize(); i++) {
      from.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 7 + 1));
    }
  }

  @Test
  void aMessageHasTheFieldsOfThePaper() {
    long counter = 0x0102_0304_0506_0708L;
    int length = sender.seal(context, counter, from, 0, 20, MTU, to, 3);
    assertThat(length).isEqualTo(16 + 32 + 16);
    assertThat(HexFormat.of().formatHex(to.asSlice(3, 16).toArray(ValueLayout.JAVA_BYTE)))
        .isEqualTo("04000000" + "16000000" + "0807060504030201");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1280, 0", "1, 1280, 16", "16, 1280, 16", "17, 1280, 32", "1280, 1280, 1280",
    "1419, 1420, 1420", "1420, 1420, 1420", "1409, 1420, 1420", "1500, 1420, 1500", "40, 0, 40"
  })
  void packetsArePaddedToSixteenButNotBeyondTheMtu(int length, int mtu, int padded) {
    assertThat(Session.sealedLength(length, mtu)).isEqualTo(padded + 32);
    assertThat(sender.seal(context, 0, from, 0, length, mtu, to, 0)).isEqualTo(padded + 32);
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void everyLengthOpensToWhatWasSealed(Aead chosen) {
    use(chosen);
    byte[] before = from.toArray(ValueLayout.JAVA_BYTE);
    for (int length = 0; length <= 300; length++) {
      long counter = sender.reserve(1);
      int sealed = sender.seal(context, counter, from, 64, length, MTU, to, 5);
      assertThat(from.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(before);
      int opened = receiver.open(context, to, 5, sealed, NOW);
      assertThat(opened).isEqualTo(sealed - 32).isGreaterThanOrEqualTo(length);
      byte[] plain = to.asSlice(5 + 16, opened).toArray(ValueLayout.JAVA_BYTE);
      assertThat(Arrays.copyOf(plain, length))
          .isEqualTo(Arrays.copyOfRange(before, 64, 64 + length));
      assertThat(Arrays.copyOfRange(plain, length, opened)).isEqualTo(new byte[opened - length]);
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void aPacketMayBeSealedWhereItLies(Aead chosen) {
    use(chosen);
    for (int length : new int[] {0, 1, 15, 16, 100, 1279, 1280}) {
      fill();
      byte[] packet = from.asSlice(16, length).toArray(ValueLayout.JAVA_BYTE);
      int sealed = sender.seal(context, sender.reserve(1), from, 16, length, MTU, from, 0);
      int opened = receiver.open(context, from, 0, sealed, NOW);
      assertThat(opened).isEqualTo(sealed - 32);
      assertThat(from.asSlice(16, length).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(packet);
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void aForgedMessageTakesNothingFromTheRealOne(Aead chosen) {
    use(chosen);
    int length = sender.seal(context, 9, from, 0, 100, MTU, to, 0);
    byte[] real = to.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    for (int at = 0; at < length; at++) {
      byte[] forged = real.clone();
      forged[at] ^= (byte) (1 << random.nextInt(8));
      assertThat(open(forged)).isNegative();
    }
    for (int shorter = 0; shorter < length; shorter++) {
      assertThat(open(Arrays.copyOf(real, shorter))).isEqualTo(Session.FORGED);
    }
    assertThat(open(real)).isEqualTo(112);
    assertThat(open(real)).isEqualTo(Session.REPLAYED);
  }

  @Test
  void messagesMayComeInAnyOrderWithinTheWindowButOnce() {
    List<byte[]> messages = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      int length = sender.seal(context, sender.reserve(1), from, 0, 32, MTU, to, 0);
      messages.add(to.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
    }
    Collections.shuffle(messages, random);
    assertThat(messages).allMatch(message -> open(message) == 32);
    assertThat(messages).allMatch(message -> open(message) == Session.REPLAYED);
  }

  @Test
  void aMessageToAnotherSessionIsNotOpened() {
    int length = session(true, 11, 23).seal(context, 0, from, 0, 32, MTU, to, 0);
    assertThat(receiver.open(context, to, 0, length, NOW)).isEqualTo(Session.FORGED);
  }

  @Test
  void nothingIsOpenedAfterRejectAfterTime() {
    int length = sender.seal(context, 0, from, 0, 32, MTU, to, 0);
    byte[] message = to.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    assertThat(receiver.open(context, to, 0, length, END)).isEqualTo(Session.EXPIRED);
    MemorySegment.copy(message, 0, to, ValueLayout.JAVA_BYTE, 0, length);
    assertThat(receiver.open(context, to, 0, length, END - 1)).isEqualTo(32);
    assertThat(sender.canSend(END - 1)).isTrue();
    assertThat(sender.canSend(END)).isFalse();
  }

  @Test
  void countersAre64BitsAndStopAtRejectAfterMessages() {
    long last = Session.REJECT_AFTER_MESSAGES - 1;
    assertThat(Long.toUnsignedString(Session.REJECT_AFTER_MESSAGES))
        .isEqualTo("18446744073709543423");
    int length = sender.seal(context, last, from, 0, 32, MTU, to, 0);
    assertThat(receiver.open(context, to, 0, length, NOW)).isEqualTo(32);
    length = sender.seal(context, last + 1, from, 0, 32, MTU, to, 0);
    assertThat(receiver.open(context, to, 0, length, NOW)).isEqualTo(Session.EXPIRED);
    sender.sendCounter.set(1L << 32);
    assertThat(sender.reserve(3)).isEqualTo(1L << 32);
    assertThat(sender.reserve(1)).isEqualTo((1L << 32) + 3);
  }

  @Test
  void aRangeThatWouldPassTheLimitIsRefusedWhole() {
    long limit = Session.REJECT_AFTER_MESSAGES;
    sender.sendCounter.set(limit - 3);
    assertThat(sender.reserve(4)).isEqualTo(Session.EXHAUSTED);
    assertThat(sender.canSend(NOW)).isTrue();
    assertThat(sender.reserve(3)).isEqualTo(limit - 3);
    assertThat(sender.reserve(1)).isEqualTo(Session.EXHAUSTED);
    assertThat(sender.reserve(Integer.MAX_VALUE)).isEqualTo(Session.EXHAUSTED);
    assertThat(sender.canSend(NOW)).isFalse();
    assertThatIllegalArgumentException().isThrownBy(() -> sender.reserve(0));
  }

  @Test
  void aClosedSessionHandsOutNothingAndOpensNothing() {
    int length = sender.seal(context, 0, from, 0, 32, MTU, to, 0);
    sender.close();
    receiver.close();
    assertThat(sender.reserve(1)).isEqualTo(Session.EXHAUSTED);
    assertThat(receiver.open(context, to, 0, length, NOW)).isEqualTo(Session.EXPIRED);
    // A batch that was under way may still be sealed.
    assertThat(sender.seal(context, 1, from, 0, 32, MTU, to, 0)).isEqualTo(64);
  }

  @Test
  void noCounterIsHandedOutTwice() throws Exception {
    int threads = 8;
    int calls = 20_000;
    // Near the limit, so that threads race for the last ones too.
    long start = Session.REJECT_AFTER_MESSAGES - threads * calls * 2L;
    sender.sendCounter.set(start);
    CyclicBarrier barrier = new CyclicBarrier(threads);
    List<Future<List<long[]>>> results = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      for (int t = 0; t < threads; t++) {
        Random own = new Random(t);
        results.add(
            executor.submit(
                () -> {
                  List<long[]> ranges = new ArrayList<>(calls);
                  barrier.await();
                  for (int i = 0; i < calls; i++) {
                    int n = 1 + own.nextInt(5);
                    long first = sender.reserve(n);
                    if (first != Session.EXHAUSTED) {
                      ranges.add(new long[] {first, n});
                    }
                  }
                  return ranges;
                }));
      }
    }
    List<long[]> all = new ArrayList<>();
    for (Future<List<long[]>> result : results) {
      all.addAll(result.get());
    }
    all.sort(Comparator.comparing(range -> range[0], Long::compareUnsigned));
    long next = start;
    for (long[] range : all) {
      assertThat(range[0]).isEqualTo(next);
      next += range[1];
    }
    assertThat(next).as("all are used up").isEqualTo(Session.REJECT_AFTER_MESSAGES);
    assertThat(sender.sendCounter.get()).isEqualTo(next);
  }

  private int open(byte[] message) {
    MemorySegment.copy(message, 0, to, ValueLayout.JAVA_BYTE, 0, message.length);
    return receiver.open(context, to, 0, message.length, NOW);
  }
}
