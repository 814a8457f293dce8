package org.tailjar.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every packet cipher must do, against the array cipher that has the RFC's examples. */
class AeadTests {

  private static final int MAX_LENGTH = 1600;
  private static final int TAG = Aead.TAG_LENGTH;

  /** Room before and behind a packet, to see whether it is left alone. */
  private static final int MARGIN = 64;

  private final Random random = new Random(39);

  static List<Aead> ciphers() {
    return PacketCiphers.available();
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void everyLengthIsSealedAsTheRfcSaysAndOpensAgain(Aead aead) {
    AeadContext context = aead.context();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment from = arena.allocate(MAX_LENGTH + TAG);
      MemorySegment to = arena.allocate(MAX_LENGTH + TAG);
      for (int length = 0; length <= MAX_LENGTH; length++) {
        byte[] rawKey = bytes(32);
        AeadKey key = aead.key(rawKey);
        long counter = random.nextLong();
        byte[] plaintext = bytes(length);
        byte[] expected = ChaCha20Poly1305.seal(rawKey, nonce(counter), plaintext, new byte[0]);

        write(from, 0, plaintext);
        context.seal(key, counter, from, 0, length, to, 0);
        assertThat(read(to, 0, length + TAG)).as("length %d", length).isEqualTo(expected);

        from.fill((byte) 0);
        assertThat(context.open(key, counter, to, 0, length + TAG, from, 0)).isTrue();
        assertThat(read(from, 0, length)).isEqualTo(plaintext);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void worksInPlaceAtAnyOffsetAndTouchesNothingElse(Aead aead) {
    AeadContext context = aead.context();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(MAX_LENGTH + TAG + 2 * MARGIN);
      for (int i = 0; i < 500; i++) {
        int length = random.nextInt(MAX_LENGTH + 1);
        int offset = random.nextInt(MARGIN);
        int end = offset + length + TAG;
        AeadKey key = aead.key(bytes(32));
        byte[] before = bytes((int) memory.byteSize());
        write(memory, 0, before);

        context.seal(key, i, memory, offset, length, memory, offset);
        assertUntouched(memory, before, offset, end);
        assertThat(context.open(key, i, memory, offset, length + TAG, memory, offset)).isTrue();
        assertUntouched(memory, before, offset, end);
        assertThat(read(memory, offset, length))
            .isEqualTo(Arrays.copyOfRange(before, offset, offset + length));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void aForgedMessageIsRejectedAndYieldsNoPlaintext(Aead aead) {
    AeadContext context = aead.context();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment from = arena.allocate(MAX_LENGTH + TAG);
      MemorySegment to = arena.allocate(MAX_LENGTH + TAG);
      for (int i = 0; i < 1000; i++) {
        int length = random.nextInt(200);
        AeadKey key = aead.key(bytes(32));
        byte[] plaintext = bytes(length);
        write(from, 0, plaintext);
        context.seal(key, i, from, 0, length, to, 0);
        byte[] sealed = read(to, 0, length + TAG);
        int bit = random.nextInt(8 * sealed.length);
        sealed[bit / 8] ^= (byte) (1 << bit % 8);
        write(from, 0, sealed);
        to.fill((byte) 0);

        assertThat(context.open(key, i, from, 0, sealed.length, to, 0)).isFalse();
        assertThat(read(to, 0, length)).isEqualTo(new byte[length]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void everyBitOfTheTagCounts(Aead aead) {
    AeadContext context = aead.context();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(40 + TAG);
      AeadKey key = aead.key(bytes(32));
      context.seal(key, 7, memory, 0, 40, memory, 0);
      byte[] sealed = read(memory, 0, 40 + TAG);
      for (int bit = 0; bit < 8 * TAG; bit++) {
        byte[] forged = sealed.clone();
        forged[40 + bit / 8] ^= (byte) (1 << bit % 8);
        write(memory, 0, forged);
        assertThat(context.open(key, 7, memory, 0, forged.length, memory, 0))
            .as("bit %d", bit)
            .isFalse();
      }
      write(memory, 0, sealed);
      assertThat(context.open(key, 7, memory, 0, sealed.length, memory, 0)).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void anotherKeyOrCounterDoesNotOpen(Aead aead) {
    AeadContext context = aead.context();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(100 + TAG);
      AeadKey key = aead.key(bytes(32));
      context.seal(key, 1, memory, 0, 100, memory, 0);
      byte[] sealed = read(memory, 0, 100 + TAG);

      assertThat(context.open(key, 2, memory, 0, sealed.length, memory, 0)).isFalse();
      write(memory, 0, sealed);
      assertThat(context.open(aead.key(bytes(32)), 1, memory, 0, sealed.length, memory, 0))
          .isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void aMessageShorterThanATagIsRejected(Aead aead) {
    AeadContext context = aead.context();
    AeadKey key = aead.key(bytes(32));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(TAG);
      for (int length = 0; length < TAG; length++) {
        assertThat(context.open(key, 0, memory, 0, length, memory, 0)).isFalse();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void aLargeMessageRoundTrips(Aead aead) {
    AeadContext context = aead.context();
    byte[] rawKey = bytes(32);
    AeadKey key = aead.key(rawKey);
    try (Arena arena = Arena.ofConfined()) {
      for (int length : new int[] {2047, 2048, 2049, 8192, 65_535}) {
        MemorySegment memory = arena.allocate(length + TAG);
        byte[] plaintext = bytes(length);
        write(memory, 0, plaintext);
        context.seal(key, length, memory, 0, length, memory, 0);
        assertThat(read(memory, 0, length + TAG))
            .isEqualTo(ChaCha20Poly1305.seal(rawKey, nonce(length), plaintext, new byte[0]));
        assertThat(context.open(key, length, memory, 0, length + TAG, memory, 0)).isTrue();
        assertThat(read(memory, 0, length)).isEqualTo(plaintext);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void rangesOutsideTheSegmentAreRejected(Aead aead) {
    AeadContext context = aead.context();
    AeadKey key = aead.key(bytes(32));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(100);
      MemorySegment large = arena.allocate(200);
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .as("no room for the tag")
          .isThrownBy(() -> context.seal(key, 1, memory, 0, 85, memory, 0));
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> context.seal(key, 2, memory, 50, 60, large, 0));
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> context.seal(key, 3, memory, -1, 10, large, 0));
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> context.open(key, 4, memory, 50, 60, large, 0));
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void aDestroyedKeyIsOfNoUse(Aead aead) {
    AeadContext context = aead.context();
    AeadKey key = aead.key(bytes(32));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(100);
      context.seal(key, 1, memory, 0, 50, memory, 0);
      key.destroy();
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() -> context.seal(key, 2, memory, 0, 50, memory, 0));
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() -> context.open(key, 1, memory, 0, 66, memory, 0));
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void aKeyDestroyedByAnotherThreadIsNeverUsedByHalf(Aead aead) throws InterruptedException {
    int length = 32;
    AeadContext context = aead.context();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment from = arena.allocate(length);
      MemorySegment to = arena.allocate(length + TAG);
      for (int round = 0; round < 300; round++) {
        byte[] rawKey = bytes(32);
        AeadKey key = aead.key(rawKey);
        AtomicBoolean sealing = new AtomicBoolean();
        Thread other =
            Thread.ofPlatform()
                .start(
                    () -> {
                      while (!sealing.get()) {
                        Thread.onSpinWait();
                      }
                      key.destroy();
                    });
        byte[] last = {};
        long counter = 0;
        try {
          while (true) {
            context.seal(key, counter, from, 0, length, to, 0);
            last = read(to, 0, length + TAG);
            counter++;
            sealing.set(true);
          }
        } catch (IllegalStateException destroyed) {
          assertThat(last)
              .isEqualTo(
                  ChaCha20Poly1305.seal(rawKey, nonce(counter - 1), new byte[length], new byte[0]));
        }
        other.join();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void keysAreCopiedHave32BytesAndAreNotShown(Aead aead) {
    byte[] raw = bytes(32);
    AeadKey key = aead.key(raw);
    AeadKey same = aead.key(raw.clone());
    Arrays.fill(raw, (byte) 0);
    AeadContext context = aead.context();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(50);
      context.seal(key, 1, memory, 0, 30, memory, 0);
      assertThat(context.open(same, 1, memory, 0, 46, memory, 0)).isTrue();
    }
    assertThat(key).hasToString("AeadKey[redacted]");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> aead.key(new byte[31]));
  }

  /** Often enough for the JIT compiler's forms of the code to be tested too. */
  @Test
  void allCiphersSealToTheSameBytesInTheLongRun() {
    List<Aead> ciphers = ciphers();
    List<AeadContext> contexts = ciphers.stream().map(Aead::context).toList();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment from = arena.allocate(MAX_LENGTH);
      MemorySegment first = arena.allocate(MAX_LENGTH + TAG);
      MemorySegment other = arena.allocate(MAX_LENGTH + TAG);
      for (int i = 0; i < 20_000; i++) {
        int length = random.nextInt(MAX_LENGTH + 1);
        byte[] rawKey = bytes(32);
        from.set(ValueLayout.JAVA_LONG, 8L * random.nextInt(MAX_LENGTH / 8), random.nextLong());
        contexts.getFirst().seal(ciphers.getFirst().key(rawKey), i, from, 0, length, first, 0);
        for (int c = 1; c < contexts.size(); c++) {
          contexts.get(c).seal(ciphers.get(c).key(rawKey), i, from, 0, length, other, 0);
          if (MemorySegment.mismatch(first, 0, length + TAG, other, 0, length + TAG) >= 0) {
            assertThat(read(other, 0, length + TAG))
                .as("%s against %s, length %d", ciphers.get(c), ciphers.getFirst(), length)
                .isEqualTo(read(first, 0, length + TAG));
          }
        }
      }
    }
  }

  private static void assertUntouched(MemorySegment memory, byte[] before, int start, int end) {
    assertThat(read(memory, 0, start)).isEqualTo(Arrays.copyOf(before, start));
    assertThat(read(memory, end, before.length - end))
        .isEqualTo(Arrays.copyOfRange(before, end, before.length));
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  static byte[] nonce(long counter) {
    byte[] nonce = new byte[12];
    for (int i = 0; i < Long.BYTES; i++) {
      nonce[4 + i] = (byte) (counter >>> 8 * i);
    }
    return nonce;
  }

  private static void write(MemorySegment memory, long offset, byte[] bytes) {
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, offset, bytes.length);
  }

  private static byte[] read(MemorySegment memory, long offset, int length) {
    return memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
  }
}
