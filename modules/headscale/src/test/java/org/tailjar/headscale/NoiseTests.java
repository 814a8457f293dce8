package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.crypto.ChaCha20Poly1305;
import org.tailjar.crypto.MachinePrivateKey;

class NoiseTests {

  private static final HexFormat HEX = HexFormat.of();

  // Fixed keys for a known answer, from an independent computation.
  private static final MachinePrivateKey CLIENT = MachinePrivateKey.of(bytes(1));
  private static final MachinePrivateKey SERVER = MachinePrivateKey.of(bytes(3));
  private static final String INITIATION =
      "0071010060ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d594391bcfef3f1b0f0"
          + "51873c2103356110f8056ef928c4354783347c74dc7b71b77028e12fab98099463eabf2eaa658ef9f7b9"
          + "443ebbc5b6dec7e478350a8f942c";
  private static final String RESPONSE =
      "020030ac01b2209e86354fb853237b5de0f4fab13c7fcbf433a61c019369617fecf10b1969f25abae086089696"
          + "f0b12d4ecc7c";

  private static byte[] bytes(int value) {
    byte[] all = new byte[32];
    Arrays.fill(all, (byte) value);
    return all;
  }

  private static NoiseHandshake handshake() {
    return NoiseHandshake.begin(CLIENT, SERVER.publicKey(), 113, bytes(2));
  }

  @Test
  void theHandshakeHasTheKnownBytes() throws Exception {
    assertThat(SERVER.publicKey().text())
        .isEqualTo("mkey:5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22");
    NoiseHandshake client = handshake();
    assertThat(HEX.formatHex(client.initiation())).isEqualTo(INITIATION);
    NoiseHandshake.Accepted server =
        NoiseHandshake.accept(SERVER, HEX.parseHex(INITIATION), bytes(4));
    assertThat(HEX.formatHex(server.response())).isEqualTo(RESPONSE);
    assertThat(server.version()).isEqualTo(113);
    assertThat(server.transport().peer()).isEqualTo(CLIENT.publicKey());

    NoiseTransport transport = client.complete(HEX.parseHex(RESPONSE));
    assertThat(transport.peer()).isEqualTo(SERVER.publicKey());
    assertThat(HEX.formatHex(transport.handshakeHash()))
        .isEqualTo("a33159f1fdcd23b9e81a5541c6a09d11c306c1e58851dc2cbba8285b3fb2a6eb");
    assertThat(server.transport().handshakeHash()).isEqualTo(transport.handshakeHash());
    assertThat(HEX.formatHex(seal(transport, "hello")))
        .isEqualTo("040015204a7ebf13a2a591d1e796b0faeec546e136b7af4f");
    assertThat(HEX.formatHex(seal(transport, "hello")))
        .isEqualTo("0400150748939907733c175698733c68bc938911ed0878a4");
  }

  private static byte[] seal(NoiseTransport transport, String text) {
    byte[] plain = text.getBytes(StandardCharsets.US_ASCII);
    return transport.sender().seal(plain, 0, plain.length);
  }

  static IntStream positionsOfTheInitiation() {
    // The two bytes of the version are in the prologue, so that they too are authentic.
    return IntStream.range(0, NoiseHandshake.INITIATION_LENGTH);
  }

  @ParameterizedTest
  @MethodSource("positionsOfTheInitiation")
  void anInitiationWithOneBitChangedIsRefused(int position) {
    byte[] forged = HEX.parseHex(INITIATION);
    forged[position] ^= 1;
    assertThatExceptionOfType(NoiseException.class)
        .isThrownBy(() -> NoiseHandshake.accept(SERVER, forged));
  }

  static IntStream positionsOfTheResponse() {
    return IntStream.range(0, NoiseHandshake.RESPONSE_LENGTH);
  }

  @ParameterizedTest
  @MethodSource("positionsOfTheResponse")
  void aResponseWithOneBitChangedIsRefused(int position) {
    byte[] forged = HEX.parseHex(RESPONSE);
    forged[position] ^= 1;
    assertThatExceptionOfType(NoiseException.class).isThrownBy(() -> handshake().complete(forged));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 50, 52, 101})
  void aResponseOfAnotherLengthIsRefused(int length) {
    byte[] response = Arrays.copyOf(HEX.parseHex(RESPONSE), length);
    assertThatExceptionOfType(NoiseException.class)
        .isThrownBy(() -> handshake().complete(response));
  }

  @Test
  void aServerWithAnotherKeyIsNotBelieved() throws Exception {
    MachinePrivateKey other = MachinePrivateKey.generate();
    NoiseHandshake client = NoiseHandshake.begin(CLIENT, other.publicKey(), 113);
    assertThatExceptionOfType(NoiseException.class)
        .isThrownBy(() -> NoiseHandshake.accept(SERVER, client.initiation()));
    assertThatExceptionOfType(NoiseException.class)
        .isThrownBy(() -> client.complete(HEX.parseHex(RESPONSE)));
  }

  private record Pair(NoiseTransport client, NoiseTransport server) {
    static Pair make() throws NoiseException {
      NoiseHandshake client = handshake();
      NoiseHandshake.Accepted server = NoiseHandshake.accept(SERVER, client.initiation());
      return new Pair(client.complete(server.response()), server.transport());
    }
  }

  @Test
  void recordsArriveWholeHoweverTheNetworkCutsThem() throws Exception {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      Pair pair = Pair.make();
      byte[] plain = new byte[random.nextInt(20_000)];
      random.nextBytes(plain);
      byte[] sealed = pair.client().sender().seal(plain, 0, plain.length);
      ByteArrayOutputStream opened = new ByteArrayOutputStream();
      for (int at = 0; at < sealed.length; ) {
        int size =
            Math.min(1 + random.nextInt(random.nextBoolean() ? 3 : 6000), sealed.length - at);
        opened.writeBytes(pair.server().receiver().open(sealed, at, size));
        at += size;
      }
      assertThat(opened.toByteArray()).isEqualTo(plain);
      assertThat(pair.server().receiver().atBoundary()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4076, 4077, 4078, 8154, 8155})
  void recordsKeepTheirGreatestLength(int length) throws Exception {
    Pair pair = Pair.make();
    byte[] sealed = pair.client().sender().seal(new byte[length], 0, length);
    int records = (length + 4076) / 4077;
    assertThat(sealed).hasSize(length + records * 19);
    assertThat(pair.server().receiver().open(sealed, 0, sealed.length)).hasSize(length);
  }

  @Test
  void anEmptyRecordIsSkipped() throws Exception {
    Pair pair = Pair.make();
    byte[] key = new byte[32];
    byte[] empty = ChaCha20Poly1305.seal(key, NoiseSender.nonce(0), new byte[0], new byte[0]);
    NoiseReceiver receiver = new NoiseReceiver(key);
    byte[] record = new byte[3 + empty.length];
    record[0] = NoiseSender.TYPE_RECORD;
    record[2] = (byte) empty.length;
    System.arraycopy(empty, 0, record, 3, empty.length);
    assertThat(receiver.open(record, 0, record.length)).isEmpty();
    assertThat(receiver.atBoundary()).isTrue();
    assertThat(pair.client().sender().seal(new byte[0], 0, 0)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"050010", "040fff", "04ffff", "040ffe", "04000f", "040000", "010060"})
  void aHeaderThatCannotBeIsRefusedAtOnce(String header) throws Exception {
    NoiseReceiver receiver = Pair.make().client().receiver();
    assertThatExceptionOfType(NoiseException.class)
        .isThrownBy(() -> receiver.open(HEX.parseHex(header), 0, 3));
    assertThatExceptionOfType(NoiseException.class)
        .isThrownBy(() -> receiver.open(new byte[1], 0, 1));
  }

  @Test
  void aForgedOrRepeatedRecordEndsTheSession() throws Exception {
    Pair pair = Pair.make();
    byte[] first = seal(pair.client(), "first");
    pair.server().receiver().open(first, 0, first.length);
    assertThatExceptionOfType(NoiseException.class)
        .isThrownBy(() -> pair.server().receiver().open(first, 0, first.length));
    byte[] second = seal(pair.client(), "second");
    assertThatExceptionOfType(NoiseException.class)
        .isThrownBy(() -> pair.server().receiver().open(second, 0, second.length));
  }

  @Test
  void randomBytesNeverOpen() throws Exception {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      NoiseReceiver receiver = Pair.make().client().receiver();
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      if (noise.length > 2 && random.nextBoolean()) {
        noise[0] = NoiseSender.TYPE_RECORD;
        noise[1] = 0;
      }
      try {
        assertThat(receiver.open(noise, 0, noise.length)).isEmpty();
      } catch (NoiseException e) {
        assertThat(e).hasMessageStartingWith("the server sent a Noise record");
      }
    }
  }

  @Test
  void noTextFormHasAKey() throws Exception {
    Pair pair = Pair.make();
    assertThat(handshake() + " " + pair.client().sender() + pair.client().receiver())
        .isEqualTo(
            "NoiseHandshake[server=%s] NoiseSender[records=0]NoiseReceiver[records=0]",
            SERVER.publicKey());
  }
}
