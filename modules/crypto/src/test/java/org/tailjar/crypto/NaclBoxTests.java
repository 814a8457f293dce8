package org.tailjar.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NaclBoxTests {

  private static final HexFormat HEX = HexFormat.of();

  /** "Cryptography in NaCl" (Bernstein, 2009), section 10. */
  private static final byte[] ALICE_PRIVATE =
      HEX.parseHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");

  private static final byte[] BOB_PUBLIC =
      HEX.parseHex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  private static final byte[] BOB_PRIVATE =
      HEX.parseHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  private static final byte[] NONCE =
      HEX.parseHex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
  private static final byte[] PLAINTEXT =
      HEX.parseHex(
          "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffc"
              + "e5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31"
              + "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde"
              + "048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864"
              + "5e0705");
  private static final byte[] BOXED =
      HEX.parseHex(
          "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce"
              + "48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972"
              + "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae"
              + "90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3"
              + "7973f622a43d14a6599b1f654cb45a74e355a5");

  @Test
  void sealsAndOpensThePublishedExample() {
    NaclBox alice = new NaclBox(ALICE_PRIVATE, BOB_PUBLIC);
    NaclBox bob = new NaclBox(BOB_PRIVATE, X25519.publicKey(ALICE_PRIVATE));

    assertThat(alice.seal(NONCE, PLAINTEXT)).isEqualTo(BOXED);
    assertThat(bob.open(NONCE, BOXED)).isEqualTo(PLAINTEXT);
  }

  @Test
  void anyContentRoundTripsAndAnyChangeIsRejected() {
    Random random = new Random(24);
    byte[] alicePrivate = X25519.generatePrivateKey();
    byte[] bobPrivate = X25519.generatePrivateKey();
    NaclBox alice = new NaclBox(alicePrivate, X25519.publicKey(bobPrivate));
    NaclBox bob = new NaclBox(bobPrivate, X25519.publicKey(alicePrivate));
    for (int length = 0; length < 300; length++) {
      byte[] nonce = new byte[NaclBox.NONCE_LENGTH];
      random.nextBytes(nonce);
      byte[] plaintext = new byte[length];
      random.nextBytes(plaintext);
      byte[] boxed = alice.seal(nonce, plaintext);

      assertThat(boxed).hasSize(length + NaclBox.TAG_LENGTH);
      assertThat(bob.open(nonce, boxed)).isEqualTo(plaintext);
      boxed[random.nextInt(boxed.length)] ^= (byte) (1 << random.nextInt(8));
      assertThat(bob.open(nonce, boxed)).isNull();
    }
  }

  @Test
  void aBoxForSomebodyElseDoesNotOpen() {
    NaclBox mallory = new NaclBox(X25519.generatePrivateKey(), BOB_PUBLIC);

    assertThat(mallory.open(NONCE, BOXED)).isNull();
  }

  @Test
  void whatIsShorterThanATagDoesNotOpen() {
    NaclBox alice = new NaclBox(ALICE_PRIVATE, BOB_PUBLIC);

    assertThat(alice.open(NONCE, new byte[15])).isNull();
    assertThat(alice.open(NONCE, new byte[0])).isNull();
  }

  @Test
  void aKeyOfLowOrderIsRejected() {
    assertThatExceptionOfType(CryptoException.class)
        .isThrownBy(() -> new NaclBox(ALICE_PRIVATE, new byte[32]));
  }

  @Test
  void theSharedKeyIsNotShown() {
    assertThat(new NaclBox(ALICE_PRIVATE, BOB_PUBLIC)).hasToString("NaclBox[redacted]");
  }
}
