package org.tailjar.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.bouncycastle.crypto.digests.Blake2sDigest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;

class Blake2sTests {

  private static final HexFormat HEX = HexFormat.of();
  private static final byte[] ABC = "abc".getBytes(StandardCharsets.US_ASCII);

  /** RFC 7693 appendix B. */
  @Test
  void hashesThePublishedExample() {
    assertThat(Blake2s.hash(ABC))
        .isEqualTo(
            HEX.parseHex("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"));
  }

  /** RFC 7693 appendix E: a hash of hashes, with and without keys, of all interesting lengths. */
  @Test
  void passesTheSelfTestOfTheRfc() {
    Blake2sDigest all = new Blake2sDigest(null, 32, null, null);
    for (int outputLength : new int[] {16, 20, 28, 32}) {
      for (int inputLength : new int[] {0, 3, 64, 65, 255, 1024}) {
        byte[] input = sequence(inputLength, inputLength);
        byte[] plain = Blake2s.digest(null, outputLength, input);
        all.update(plain, 0, outputLength);
        byte[] keyed = Blake2s.digest(sequence(outputLength, outputLength), outputLength, input);
        all.update(keyed, 0, outputLength);
      }
    }
    byte[] result = new byte[32];
    all.doFinal(result, 0);

    assertThat(result)
        .isEqualTo(
            HEX.parseHex("6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe"));
  }

  /** Expected value from Python's hashlib. */
  @Test
  void macsWithAKeyToSixteenBytes() {
    assertThat(Blake2s.mac16(counting(0, 32), ABC))
        .isEqualTo(HEX.parseHex("61ba5f165c194692e09d12520cc4c74a"));
  }

  @Test
  void aMacNeedsAKeyOfOneTo32Bytes() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> Blake2s.mac16(new byte[0], ABC));
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> Blake2s.mac16(new byte[33], ABC));
  }

  /** Expected value from Python's hmac; the key is longer than a block. */
  @Test
  void hmacHashesALongKey() {
    assertThat(Blake2s.hmac(counting(0, 100), ABC))
        .isEqualTo(
            HEX.parseHex("c1b751501db12b753069a918627b623179be55c8cc7ca5c4e14bdf32274ac656"));
  }

  @Test
  void hmacAgreesWithAnotherImplementation() {
    Random random = new Random(7693);
    for (int i = 0; i < 300; i++) {
      byte[] key = bytes(random, 1 + random.nextInt(100));
      byte[] message = bytes(random, random.nextInt(300));
      HMac other = new HMac(new Blake2sDigest(256));
      other.init(new KeyParameter(key));
      other.update(message, 0, message.length);
      byte[] expected = new byte[32];
      other.doFinal(expected, 0);

      assertThat(Blake2s.hmac(key, message)).isEqualTo(expected);
    }
  }

  @Test
  void partsAreConcatenated() {
    Random random = new Random(1);
    for (int i = 0; i < 100; i++) {
      byte[] message = bytes(random, random.nextInt(200));
      int cut = random.nextInt(message.length + 1);
      byte[] head = Arrays.copyOf(message, cut);
      byte[] tail = Arrays.copyOfRange(message, cut, message.length);

      assertThat(Blake2s.hash(head, tail)).isEqualTo(Blake2s.hash(message));
      assertThat(Blake2s.mac16(ABC, head, tail)).isEqualTo(Blake2s.mac16(ABC, message));
      assertThat(Blake2s.hmac(ABC, head, tail)).isEqualTo(Blake2s.hmac(ABC, message));
    }
  }

  /** Expected values from an independent Python script over hashlib and hmac. */
  @Test
  void hkdfDerivesUpToThreeKeys() {
    byte[] chainingKey = counting(0, 32);
    byte[] ikm = counting(100, 32);

    byte[][] three = Hkdf.derive(chainingKey, ikm, 3);
    assertThat(three[0])
        .isEqualTo(
            HEX.parseHex("e3b7e038799447459d13f6cc03b71555c0b32ee93354ebe4526ec98bc53b20a4"));
    assertThat(three[1])
        .isEqualTo(
            HEX.parseHex("ca06d8e46b509266c7c0594805ffb9c256348a33c642381348f047e452d239e2"));
    assertThat(three[2])
        .isEqualTo(
            HEX.parseHex("5ee952936bec1473c13db1cc92b8d8ba5ad2df7c77f07478731d48aa5530a000"));
    assertThat(Hkdf.derive(chainingKey, ikm, 1)).hasDimensions(1, 32);
    assertThat(Hkdf.derive(chainingKey, ikm, 1)[0]).isEqualTo(three[0]);
    assertThat(Hkdf.derive(chainingKey, new byte[0], 2)[1])
        .isEqualTo(
            HEX.parseHex("1a17621f346abdc520746a9fb64d8eb03231d674fc15687537b0780fd9c060fd"));
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> Hkdf.derive(chainingKey, ikm, 4));
  }

  /** The generator of deterministic input of RFC 7693 appendix E. */
  private static byte[] sequence(int length, int seed) {
    byte[] output = new byte[length];
    int a = 0xdead4bad * seed;
    int b = 1;
    for (int i = 0; i < length; i++) {
      int t = a + b;
      a = b;
      b = t;
      output[i] = (byte) (t >>> 24);
    }
    return output;
  }

  private static byte[] counting(int from, int length) {
    byte[] output = new byte[length];
    for (int i = 0; i < length; i++) {
      output[i] = (byte) (from + i);
    }
    return output;
  }

  private static byte[] bytes(Random random, int length) {
    byte[] output = new byte[length];
    random.nextBytes(output);
    return output;
  }
}
