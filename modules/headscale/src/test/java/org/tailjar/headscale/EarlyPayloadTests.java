package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EarlyPayloadTests {

  private static final byte[] JSON =
      "{\"nodeKeyChallenge\":\"chalpub:00\"}".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SETTINGS = HexFormat.of().parseHex("000012040000000000");

  private static byte[] payload() {
    return ByteBuffer.allocate(9 + JSON.length)
        .put(HexFormat.of().parseHex("ffffff5453"))
        .putInt(JSON.length)
        .put(JSON)
        .array();
  }

  private static byte[] concatenate(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  @Test
  void thePayloadIsFoundHoweverItIsCut() throws Exception {
    byte[] stream = concatenate(payload(), SETTINGS);
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      EarlyPayload early = new EarlyPayload();
      ByteArrayOutputStream rest = new ByteArrayOutputStream();
      for (int at = 0; at < stream.length; ) {
        int size = Math.min(1 + random.nextInt(1 + seed % 40), stream.length - at);
        rest.writeBytes(early.strip(Arrays.copyOfRange(stream, at, at + size)));
        at += size;
      }
      assertThat(rest.toByteArray()).isEqualTo(SETTINGS);
      assertThat(early.json()).isEqualTo(JSON);
    }
  }

  @ParameterizedTest
  @CsvSource({"000012040000000000", "ff00", "ffff00", "ffffff00", "ffffff5400", "00"})
  void whatIsNoPayloadPassesAsItIs(String hex) throws Exception {
    byte[] stream = HexFormat.of().parseHex(hex);
    EarlyPayload whole = new EarlyPayload();
    assertThat(whole.strip(stream)).isEqualTo(stream);
    assertThat(whole.json()).isNull();
    EarlyPayload byByte = new EarlyPayload();
    ByteArrayOutputStream passed = new ByteArrayOutputStream();
    for (byte b : stream) {
      passed.writeBytes(byByte.strip(new byte[] {b}));
    }
    assertThat(passed.toByteArray()).isEqualTo(stream);
  }

  @ParameterizedTest
  @CsvSource({
    "ffffff545300100001",
    "ffffff545300a00001",
    "ffffff5453ffffffff",
    "ffffff545380000000"
  })
  void aPayloadThatIsTooLongIsRefused(String hex) {
    assertThatExceptionOfType(NoiseException.class)
        .isThrownBy(() -> new EarlyPayload().strip(HexFormat.of().parseHex(hex)));
  }

  @Test
  void theLongestPayloadIsHeldInTimeThatGrowsWithItsLength() throws Exception {
    EarlyPayload early = new EarlyPayload();
    early.strip(HexFormat.of().parseHex("ffffff545300100000"));
    byte[] piece = new byte[16];
    for (int at = 0; at < EarlyPayload.MAX_LENGTH; at += piece.length) {
      assertThat(early.strip(piece)).isEmpty();
      // A copy of all that is held for each piece would be 34 GB.
    }
    assertThat(early.json()).hasSize(EarlyPayload.MAX_LENGTH);
    assertThat(early.strip(SETTINGS)).isEqualTo(SETTINGS);
  }

  @Test
  void randomBytesAreEitherHeldOrPassed() throws Exception {
    for (int seed = 0; seed < 1000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = new byte[1 + random.nextInt(20)];
      random.nextBytes(bytes);
      byte[] out = new EarlyPayload().strip(bytes);
      assertThat(out.length).isIn(0, bytes.length);
    }
  }
}
