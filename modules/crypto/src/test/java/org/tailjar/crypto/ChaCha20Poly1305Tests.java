package org.tailjar.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChaCha20Poly1305Tests {

  private static final HexFormat HEX = HexFormat.of();
  private static final byte[] SUNSCREEN =
      ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future,"
              + " sunscreen would be it.")
          .getBytes(StandardCharsets.US_ASCII);
  private static final byte[] KEY =
      HEX.parseHex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  private static final byte[] ADDITIONAL = HEX.parseHex("50515253c0c1c2c3c4c5c6c7");

  /** RFC 8439 2.8.2. */
  @Test
  void sealsThePublishedExample() {
    byte[] nonce = HEX.parseHex("070000004041424344454647");
    byte[] sealed =
        HEX.parseHex(
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                + "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                + "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                + "3ff4def08e4b7a9de576d26586cec64b6116"
                + "1ae10b594f09e26a7e902ecbd0600691");

    assertThat(ChaCha20Poly1305.seal(KEY, nonce, SUNSCREEN, ADDITIONAL)).isEqualTo(sealed);
    assertThat(ChaCha20Poly1305.open(KEY, nonce, sealed, ADDITIONAL)).isEqualTo(SUNSCREEN);
  }

  /** draft-irtf-cfrg-xchacha-03 2.2.1. */
  @Test
  void derivesThePublishedSubkey() {
    assertThat(
            XChaCha20Poly1305.hChaCha20(
                HEX.parseHex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
                HEX.parseHex("000000090000004a0000000031415927")))
        .isEqualTo(
            HEX.parseHex("82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"));
  }

  /** draft-irtf-cfrg-xchacha-03 A.3.1. */
  @Test
  void sealsThePublishedExampleWithALongNonce() {
    byte[] nonce = HEX.parseHex("404142434445464748494a4b4c4d4e4f5051525354555657");
    byte[] sealed =
        HEX.parseHex(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                + "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                + "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                + "21f9664c97637da9768812f615c68b13b52e"
                + "c0875924c1c7987947deafd8780acf49");

    assertThat(XChaCha20Poly1305.seal(KEY, nonce, SUNSCREEN, ADDITIONAL)).isEqualTo(sealed);
    assertThat(XChaCha20Poly1305.open(KEY, nonce, sealed, ADDITIONAL)).isEqualTo(SUNSCREEN);
  }

  @Test
  void whatWasSealedOpensAndWhatWasChangedDoesNot() {
    Random random = new Random(8439);
    for (int i = 0; i < 200; i++) {
      byte[] key = bytes(random, 32);
      byte[] nonce = bytes(random, 12);
      byte[] longNonce = bytes(random, 24);
      byte[] plaintext = bytes(random, random.nextInt(300));
      byte[] additional = bytes(random, random.nextInt(40));

      byte[] sealed = ChaCha20Poly1305.seal(key, nonce, plaintext, additional);
      assertThat(ChaCha20Poly1305.open(key, nonce, sealed, additional)).isEqualTo(plaintext);
      flipOneBit(random, sealed);
      assertThatExceptionOfType(CryptoException.class)
          .isThrownBy(() -> ChaCha20Poly1305.open(key, nonce, sealed, additional));

      byte[] longSealed = XChaCha20Poly1305.seal(key, longNonce, plaintext, additional);
      assertThat(XChaCha20Poly1305.open(key, longNonce, longSealed, additional))
          .isEqualTo(plaintext);
      flipOneBit(random, longSealed);
      assertThatExceptionOfType(CryptoException.class)
          .isThrownBy(() -> XChaCha20Poly1305.open(key, longNonce, longSealed, additional));
    }
  }

  @Test
  void otherAdditionalDataIsAForgery() {
    byte[] sealed = ChaCha20Poly1305.seal(KEY, new byte[12], SUNSCREEN, ADDITIONAL);

    assertThatExceptionOfType(CryptoException.class)
        .isThrownBy(() -> ChaCha20Poly1305.open(KEY, new byte[12], sealed, new byte[0]));
  }

  @Test
  void aMessageShorterThanATagIsRejected() {
    assertThatExceptionOfType(CryptoException.class)
        .isThrownBy(() -> ChaCha20Poly1305.open(KEY, new byte[12], new byte[15], new byte[0]));
    assertThatExceptionOfType(CryptoException.class)
        .isThrownBy(() -> XChaCha20Poly1305.open(KEY, new byte[24], new byte[15], new byte[0]));
  }

  @Test
  void keysAndNoncesOfOtherLengthsAreRejected() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> ChaCha20Poly1305.seal(new byte[16], new byte[12], SUNSCREEN, ADDITIONAL));
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> ChaCha20Poly1305.seal(KEY, new byte[8], SUNSCREEN, ADDITIONAL));
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> XChaCha20Poly1305.seal(KEY, new byte[12], SUNSCREEN, ADDITIONAL));
  }

  private static void flipOneBit(Random random, byte[] message) {
    message[random.nextInt(message.length)] ^= (byte) (1 << random.nextInt(8));
  }

  private static byte[] bytes(Random random, int length) {
    byte[] output = new byte[length];
    random.nextBytes(output);
    return output;
  }
}
