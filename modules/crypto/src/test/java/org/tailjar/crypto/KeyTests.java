package org.tailjar.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTests {

  private static final String DIGITS =
      "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef";

  /** One kind of key through its static methods. */
  record Kind(
      String prefix,
      Function<String, Key32> parse,
      Function<byte[], Key32> of,
      Function<Key32, String> text) {

    @Override
    public String toString() {
      return prefix;
    }
  }

  static Stream<Kind> publicKinds() {
    return Stream.of(
        new Kind(
            "mkey:",
            MachinePublicKey::parse,
            MachinePublicKey::of,
            key -> ((MachinePublicKey) key).text()),
        new Kind(
            "nodekey:",
            NodePublicKey::parse,
            NodePublicKey::of,
            key -> ((NodePublicKey) key).text()),
        new Kind(
            "discokey:",
            DiscoPublicKey::parse,
            DiscoPublicKey::of,
            key -> ((DiscoPublicKey) key).text()),
        new Kind(
            "chalpub:",
            ChallengePublicKey::parse,
            ChallengePublicKey::of,
            key -> ((ChallengePublicKey) key).text()));
  }

  static Stream<Kind> privateKinds() {
    return Stream.of(
        new Kind(
            "privkey:",
            MachinePrivateKey::parse,
            MachinePrivateKey::of,
            key -> ((MachinePrivateKey) key).secretText()),
        new Kind(
            "privkey:",
            NodePrivateKey::parse,
            NodePrivateKey::of,
            key -> ((NodePrivateKey) key).secretText()),
        new Kind(
            "privkey:",
            DiscoPrivateKey::parse,
            DiscoPrivateKey::of,
            key -> ((DiscoPrivateKey) key).secretText()));
  }

  static Stream<Kind> kinds() {
    return Stream.concat(publicKinds(), privateKinds());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void textRoundTrips(Kind kind) {
    Random random = new Random(32);
    for (int i = 0; i < 50; i++) {
      byte[] raw = new byte[32];
      random.nextBytes(raw);
      Key32 key = kind.of.apply(raw);
      String text = kind.text.apply(key);

      assertThat(text).isEqualTo(kind.prefix + HexFormat.of().formatHex(raw));
      assertThat(kind.parse.apply(text)).isEqualTo(key).hasSameHashCodeAs(key);
      assertThat(key.bytes()).isEqualTo(raw);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void upperCaseDigitsAreUnderstood(Kind kind) {
    assertThat(kind.parse.apply(kind.prefix + DIGITS.toUpperCase(Locale.ROOT)))
        .isEqualTo(kind.parse.apply(kind.prefix + DIGITS));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void garbageIsRejectedWithoutRepeatingIt(Kind kind) {
    String[] garbage = {
      "",
      kind.prefix,
      DIGITS,
      "otherkey:" + DIGITS,
      kind.prefix + DIGITS + "0",
      kind.prefix + DIGITS.substring(1),
      kind.prefix + DIGITS.substring(2) + "0g",
      kind.prefix + " " + DIGITS.substring(1),
      kind.prefix + DIGITS + "\n",
      kind.prefix + "\uff10" + DIGITS.substring(1),
      kind.prefix.toUpperCase(Locale.ROOT) + DIGITS,
    };
    for (String text : garbage) {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> kind.parse.apply(text))
          .withMessageNotContaining(DIGITS.substring(4, 20));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void otherLengthsAreRejected(Kind kind) {
    for (int length : new int[] {0, 31, 33, 64}) {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> kind.of.apply(new byte[length]));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aKeyDoesNotChangeWithTheArraysAroundIt(Kind kind) {
    byte[] raw = HexFormat.of().parseHex(DIGITS);
    Key32 key = kind.of.apply(raw);
    raw[0] = 1;
    key.bytes()[1] = 1;

    assertThat(key).isEqualTo(kind.parse.apply(kind.prefix + DIGITS));
  }

  @ParameterizedTest
  @MethodSource("publicKinds")
  void publicKeysShowTheirText(Kind kind) {
    assertThat(kind.parse.apply(kind.prefix + DIGITS)).hasToString(kind.prefix + DIGITS);
  }

  @ParameterizedTest
  @MethodSource("privateKinds")
  void privateKeysNeverShowTheirText(Kind kind) {
    assertThat(kind.parse.apply(kind.prefix + DIGITS)).hasToString("privkey:[redacted]");
  }

  @ParameterizedTest
  @MethodSource("privateKinds")
  void aPrivateKeyOfZerosIsRejected(Kind kind) {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> kind.parse.apply(kind.prefix + "0".repeat(64)));
  }

  @Test
  void keysOfDifferentKindsAreNotEqual() {
    byte[] raw = HexFormat.of().parseHex(DIGITS);

    assertThat((Object) NodePublicKey.of(raw)).isNotEqualTo(DiscoPublicKey.of(raw));
    assertThat((Object) NodePrivateKey.of(raw)).isNotEqualTo(MachinePrivateKey.of(raw));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 31})
  void anyDifferentByteMakesADifferentKey(int index) {
    byte[] raw = HexFormat.of().parseHex(DIGITS);
    NodePublicKey key = NodePublicKey.of(raw);
    raw[index] ^= 1;

    assertThat(NodePublicKey.of(raw)).isNotEqualTo(key);
  }

  @Test
  void zeroIsZero() {
    assertThat(NodePublicKey.ZERO.isZero()).isTrue();
    assertThat(NodePublicKey.parse("nodekey:" + "0".repeat(64))).isEqualTo(NodePublicKey.ZERO);
    assertThat(NodePublicKey.parse("nodekey:" + DIGITS).isZero()).isFalse();
    assertThat(MachinePublicKey.ZERO.isZero()).isTrue();
    assertThat(DiscoPublicKey.ZERO.isZero()).isTrue();
    assertThat(ChallengePublicKey.ZERO.isZero()).isTrue();
  }

  @Test
  void keysAreOrderedByUnsignedBytes() {
    NodePublicKey low = NodePublicKey.parse("nodekey:7f" + DIGITS.substring(2));
    NodePublicKey high = NodePublicKey.parse("nodekey:80" + DIGITS.substring(2));
    TreeSet<NodePublicKey> set = new TreeSet<>();
    set.add(high);
    set.add(low);

    assertThat(set).containsExactly(low, high);
    assertThat(low.compareTo(NodePublicKey.of(low.bytes()))).isZero();
  }

  @Test
  void generatedKeysAreClampedAndHaveTheirPublicHalf() {
    NodePrivateKey node = NodePrivateKey.generate();

    assertThat(node.bytes()[0] & 7).isZero();
    assertThat(node.bytes()[31] & 0xc0).isEqualTo(0x40);
    assertThat(node.publicKey().bytes()).isEqualTo(X25519.publicKey(node.bytes()));
    assertThat(node).isNotEqualTo(NodePrivateKey.generate());
    assertThat(MachinePrivateKey.generate().publicKey().isZero()).isFalse();
    assertThat(DiscoPrivateKey.generate().publicKey().isZero()).isFalse();
  }
}
