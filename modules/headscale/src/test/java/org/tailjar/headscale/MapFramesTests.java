package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MapFramesTests {

  private static ByteArrayInputStream hex(String text) {
    return new ByteArrayInputStream(HexFormat.of().parseHex(text));
  }

  @Test
  void theLengthIsLittleEndian() throws Exception {
    ByteArrayInputStream in = hex("02000000" + "7b7d" + "00000000" + "01000000" + "30");
    assertThat(MapFrames.read(in)).asString().isEqualTo("{}");
    assertThat(MapFrames.read(in)).isEmpty();
    assertThat(MapFrames.read(in)).asString().isEqualTo("0");
    assertThat(MapFrames.read(in)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"02", "020000", "02000000", "020000007b", "ffff0f007b7d"})
  void anEndWithinAMessageIsAnError(String stream) {
    assertThatExceptionOfType(EOFException.class).isThrownBy(() -> MapFrames.read(hex(stream)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"01000010", "ffffff7f", "00000080", "ffffffff"})
  void aMessageThatIsTooLongIsRefusedBeforeItIsRead(String header) {
    assertThatExceptionOfType(ControlException.class).isThrownBy(() -> MapFrames.read(hex(header)));
  }

  @Test
  void theLongestMessageIsBoundByTheMemoryThatThereIs() {
    assertThat(MapFrames.maxLength(96 << 20)).isEqualTo(12 << 20);
    assertThat(MapFrames.maxLength(8 << 20)).isEqualTo(4 << 20);
    assertThat(MapFrames.maxLength(1L << 40)).isEqualTo(256 << 20);
    assertThat(MapFrames.maxLength(Long.MAX_VALUE)).isEqualTo(256 << 20);
  }

  @Test
  void randomBytesAreAMessageOrAnError() {
    for (int seed = 0; seed < 1000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      ByteArrayInputStream in = new ByteArrayInputStream(bytes);
      try {
        while (MapFrames.read(in) != null) {
          assertThat(in.available()).isLessThan(bytes.length);
        }
      } catch (IOException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }
}
