package org.tailjar.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Batches, against the array cipher that has the RFC's examples. */
class AeadBatchTests {

  private static final int TAG = Aead.TAG_LENGTH;
  private static final int[] COUNTS = {1, 2, 3, 15, 16, 17, 33, 64, 70};
  private static final int[] LENGTHS = {
    0, 1, 16, 63, 64, 65, 128, 240, 1279, 1280, 2047, 2048, 2049, 9000
  };

  private final Random random = new Random(25);

  static List<Aead> ciphers() {
    List<Aead> ciphers = new ArrayList<>(PacketCiphers.available());
    for (Aead cipher : ciphers) {
      if (cipher instanceof Avx512Aead avx512) {
        avx512.awaitCode();
      }
    }
    return ciphers;
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void everyMessageIsSealedAsAloneAndOpensAgain(Aead aead) {
    AeadContext context = aead.context();
    for (int count : COUNTS) {
      for (int length : LENGTHS) {
        int lastLength = random.nextBoolean() ? length : random.nextInt(length + 1);
        int stride = length + TAG + random.nextInt(40);
        check(aead, context, count, length, lastLength, stride);
      }
    }
  }

  private void check(
      Aead aead, AeadContext context, int count, int length, int lastLength, int stride) {
    String what = count + " x " + length + ", last " + lastLength + ", stride " + stride;
    byte[] rawKey = new byte[32];
    random.nextBytes(rawKey);
    AeadKey key = aead.key(rawKey);
    long[] counters = random.longs(count).toArray();
    int margin = random.nextInt(100);
    int end = margin + (count - 1) * stride + lastLength + TAG;
    byte[] before = new byte[end + 64];
    random.nextBytes(before);
    byte[] expected = before.clone();
    for (int i = 0; i < count; i++) {
      int at = margin + i * stride;
      int n = i == count - 1 ? lastLength : length;
      byte[] sealed =
          ChaCha20Poly1305.seal(
              rawKey,
              AeadTests.nonce(counters[i]),
              Arrays.copyOfRange(before, at, at + n),
              new byte[0]);
      System.arraycopy(sealed, 0, expected, at, sealed.length);
    }
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, before);
      context.sealAll(key, counters, count, memory, margin, stride, length, lastLength);
      assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).as(what).isEqualTo(expected);

      int forged = random.nextInt(count);
      int at = margin + forged * stride;
      int n = (forged == count - 1 ? lastLength : length) + TAG;
      int bit = random.nextInt(8 * n);
      memory.set(
          ValueLayout.JAVA_BYTE,
          at + bit / 8,
          (byte) (memory.get(ValueLayout.JAVA_BYTE, at + bit / 8) ^ 1 << bit % 8));
      boolean[] authentic = new boolean[count];
      context.openAll(
          key, counters, count, memory, margin, stride, length + TAG, lastLength + TAG, authentic);
      for (int i = 0; i < count; i++) {
        assertThat(authentic[i]).as("%s, message %d", what, i).isEqualTo(i != forged);
        if (i != forged) {
          int plaintext = margin + i * stride;
          int m = i == count - 1 ? lastLength : length;
          assertThat(memory.asSlice(plaintext, m).toArray(ValueLayout.JAVA_BYTE))
              .as("%s, message %d", what, i)
              .isEqualTo(Arrays.copyOfRange(before, plaintext, plaintext + m));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void aBatchThatDoesNotFitItsMemoryIsRefusedAndADestroyedKeyTooBeforeAnythingIsWritten(Aead aead) {
    AeadContext context = aead.context();
    AeadKey key = aead.key(new byte[32]);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(1000);
      assertThatExceptionOfType(RuntimeException.class)
          .isThrownBy(() -> context.sealAll(key, new long[10], 10, memory, 0, 116, 100, 100));
      key.destroy();
      memory.fill((byte) 7);
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() -> context.sealAll(key, new long[5], 5, memory, 0, 116, 100, 100));
      assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).containsOnly(7);
    }
  }
}
