package org.tailjar.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class NoiseSymmetricStateTests {

  private static final HexFormat HEX = HexFormat.of();
  private static final String TS2021 = "Noise_IK_25519_ChaChaPoly_BLAKE2s";

  private static final byte[] MACHINE = filled(1);
  private static final byte[] CLIENT_EPHEMERAL = filled(2);
  private static final byte[] SERVER = filled(3);
  private static final byte[] SERVER_EPHEMERAL = filled(4);

  /**
   * A whole ts2021 handshake of capability version 113 with fixed keys; values from an independent
   * implementation in Python.
   */
  @Test
  void bothSidesOfAControlHandshakeMatchTheKnownAnswer() {
    byte[] serverPublic = X25519.publicKey(SERVER);
    assertThat(serverPublic)
        .isEqualTo(
            HEX.parseHex("5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22"));

    NoiseSymmetricState client = start(serverPublic);
    byte[] ephemeral = X25519.publicKey(CLIENT_EPHEMERAL);
    client.mixHash(ephemeral);
    client.mixKey(X25519.sharedSecret(CLIENT_EPHEMERAL, serverPublic));
    byte[] sealedStatic = client.encryptAndHash(X25519.publicKey(MACHINE));
    client.mixKey(X25519.sharedSecret(MACHINE, serverPublic));
    byte[] tag = client.encryptAndHash(new byte[0]);
    assertThat(HEX.formatHex(ephemeral) + HEX.formatHex(sealedStatic) + HEX.formatHex(tag))
        .isEqualTo(
            "ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d594391bcfef3f1b0f051873c"
                + "2103356110f8056ef928c435478334"
                + "7c74dc7b71b77028e12fab98099463eabf2eaa658ef9f7b9443ebbc5b6dec7e478350a8f942c");

    NoiseSymmetricState server = start(serverPublic);
    server.mixHash(ephemeral);
    server.mixKey(X25519.sharedSecret(SERVER, ephemeral));
    byte[] machinePublic = server.decryptAndHash(sealedStatic);
    assertThat(machinePublic).isEqualTo(X25519.publicKey(MACHINE));
    server.mixKey(X25519.sharedSecret(SERVER, machinePublic));
    assertThat(server.decryptAndHash(tag)).isEmpty();

    byte[] reply = X25519.publicKey(SERVER_EPHEMERAL);
    server.mixHash(reply);
    server.mixKey(X25519.sharedSecret(SERVER_EPHEMERAL, ephemeral));
    server.mixKey(X25519.sharedSecret(SERVER_EPHEMERAL, machinePublic));
    byte[] replyTag = server.encryptAndHash(new byte[0]);
    assertThat(HEX.formatHex(reply) + HEX.formatHex(replyTag))
        .isEqualTo(
            "ac01b2209e86354fb853237b5de0f4fab13c7fcbf433a61c019369617fecf10b"
                + "1969f25abae086089696f0b12d4ecc7c");

    client.mixHash(reply);
    client.mixKey(X25519.sharedSecret(CLIENT_EPHEMERAL, reply));
    client.mixKey(X25519.sharedSecret(MACHINE, reply));
    assertThat(client.decryptAndHash(replyTag)).isEmpty();
    assertThat(client.handshakeHash())
        .isEqualTo(server.handshakeHash())
        .isEqualTo(
            HEX.parseHex("a33159f1fdcd23b9e81a5541c6a09d11c306c1e58851dc2cbba8285b3fb2a6eb"));

    NoiseSymmetricState.Split keys = client.split();
    assertThat(keys.first())
        .isEqualTo(
            HEX.parseHex("71a19894f98107d18197c2095946d7c2d1b7ca6c91284d403a6c29de18890b56"));
    assertThat(keys.second())
        .isEqualTo(
            HEX.parseHex("f3405d8770737dc5243a60e4de51dbcbd4ad7ec413ccb2e0b66ccc978185f81d"));
    byte[] hello = "hello".getBytes(StandardCharsets.US_ASCII);
    byte[] nonce = new byte[12];
    assertThat(ChaCha20Poly1305.seal(keys.first(), nonce, hello, new byte[0]))
        .isEqualTo(HEX.parseHex("204a7ebf13a2a591d1e796b0faeec546e136b7af4f"));
    nonce[11] = 1;
    assertThat(ChaCha20Poly1305.seal(keys.first(), nonce, hello, new byte[0]))
        .isEqualTo(HEX.parseHex("0748939907733c175698733c68bc938911ed0878a4"));
  }

  /** The two constants with which every WireGuard handshake starts (WireGuard paper 5.4.2). */
  @Test
  void startsWireGuardHandshakesFromTheKnownConstants() {
    NoiseSymmetricState state = new NoiseSymmetricState("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s");
    assertThat(state.chainingKey())
        .isEqualTo(
            HEX.parseHex("60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36"));

    state.mixHash("WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(StandardCharsets.US_ASCII));
    assertThat(state.handshakeHash())
        .isEqualTo(
            HEX.parseHex("2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3"));
  }

  @Test
  void aShortProtocolNameIsPaddedAndNotHashed() {
    byte[] hash = new NoiseSymmetricState("Noise").handshakeHash();

    assertThat(hash).isEqualTo(Arrays.copyOf("Noise".getBytes(StandardCharsets.US_ASCII), 32));
  }

  @Test
  void aPresharedKeyChangesChainHashAndKey() {
    NoiseSymmetricState state = new NoiseSymmetricState(TS2021);
    byte[][] expected = Hkdf.derive(state.chainingKey(), MACHINE, 3);
    byte[] expectedHash = Blake2s.hash(state.handshakeHash(), expected[1]);
    byte[] plaintext = {1, 2, 3};
    byte[] sealed = ChaCha20Poly1305.seal(expected[2], new byte[12], plaintext, expectedHash);

    state.mixKeyAndHash(MACHINE);
    assertThat(state.chainingKey()).isEqualTo(expected[0]);
    assertThat(state.handshakeHash()).isEqualTo(expectedHash);
    assertThat(state.encryptAndHash(plaintext)).isEqualTo(sealed);
  }

  @Test
  void aKeySealsOneMessageOnly() {
    NoiseSymmetricState state = new NoiseSymmetricState(TS2021);
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> state.encryptAndHash(new byte[0]));

    state.mixKey(MACHINE);
    state.encryptAndHash(new byte[0]);
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> state.encryptAndHash(new byte[0]));
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> state.decryptAndHash(new byte[16]));
  }

  @Test
  void aForgedMessageLeavesACopyIntact() {
    NoiseSymmetricState sender = new NoiseSymmetricState(TS2021);
    sender.mixKey(MACHINE);
    NoiseSymmetricState receiver = sender.copy();
    byte[] genuine = sender.encryptAndHash(new byte[] {1});
    byte[] forged = genuine.clone();
    forged[0] ^= 1;

    assertThatExceptionOfType(CryptoException.class)
        .isThrownBy(() -> receiver.copy().decryptAndHash(forged));
    assertThat(receiver.decryptAndHash(genuine)).containsExactly(1);
    assertThat(receiver.handshakeHash()).isEqualTo(sender.handshakeHash());
  }

  @Test
  void nothingSecretIsShownOrLeftBehind() {
    NoiseSymmetricState state = new NoiseSymmetricState(TS2021);
    state.mixKey(MACHINE);
    NoiseSymmetricState.Split keys = state.split();
    assertThat(state).hasToString("NoiseSymmetricState[redacted]");
    assertThat(keys).hasToString("Split[redacted]");

    state.destroy();
    keys.destroy();
    assertThat(state.chainingKey()).containsOnly(0);
    assertThat(keys.first()).containsOnly(0);
    assertThat(keys.second()).containsOnly(0);
  }

  private static NoiseSymmetricState start(byte[] serverPublic) {
    NoiseSymmetricState state = new NoiseSymmetricState(TS2021);
    state.mixHash("Tailscale Control Protocol v113".getBytes(StandardCharsets.US_ASCII));
    state.mixHash(serverPublic);
    return state;
  }

  private static byte[] filled(int value) {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) value);
    return key;
  }
}
