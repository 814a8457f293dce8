package org.tailjar.derp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DerpDecoderTests {

  @Test
  void anyStreamInAnyPiecesGivesItsFrames() throws Exception {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      List<byte[]> kept = new ArrayList<>();
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      for (int i = 0; i < 60; i++) {
        int kind = random.nextInt(10);
        int length =
            kind == 0
                ? random.nextInt(DerpFrames.MAX_PAYLOAD_LENGTH + 1)
                : kind < 4 ? 65_000 + random.nextInt(569) : random.nextInt(2000);
        byte[] payload = new byte[length];
        random.nextBytes(payload);
        if (length <= 32 + DerpFrames.MAX_PACKET_LENGTH) {
          kept.add(payload);
        }
        stream.write(DerpFrames.frame(i, payload));
      }
      assertThat(decode(stream.toByteArray(), random))
          .usingElementComparator(Arrays::compare)
          .containsExactlyElementsOf(kept);
    }
  }

  private static List<byte[]> decode(byte[] stream, Random random) throws DerpException {
    DerpDecoder decoder = new DerpDecoder();
    List<byte[]> found = new ArrayList<>();
    int at = 0;
    while (at < stream.length) {
      assertThat(decoder.space()).isPositive();
      int size = random.nextInt(5) == 0 ? 1 + random.nextInt(40) : 1 + random.nextInt(200_000);
      int count = Math.min(Math.min(decoder.space(), stream.length - at), size);
      System.arraycopy(stream, at, decoder.buffer(), decoder.end(), count);
      decoder.filled(count);
      at += count;
      while (decoder.next()) {
        found.add(decoder.payload());
      }
    }
    return found;
  }

  @Test
  void randomBytesEndInAnErrorOrInSilenceAndNeverOtherwise() {
    Random random = new Random(9);
    for (int i = 0; i < 2000; i++) {
      byte[] noise = new byte[random.nextInt(5000)];
      random.nextBytes(noise);
      try {
        decode(noise, random);
      } catch (DerpException e) {
        assertThat(e).hasMessageContaining("announced");
      }
    }
  }

  @Test
  void theServersKeyIsReadBehindItsMagicOnly() throws Exception {
    byte[] key = new byte[32];
    new Random(5).nextBytes(key);
    DerpDecoder decoder = new DerpDecoder();
    byte[] frame = DerpFrames.serverKey(key);
    System.arraycopy(frame, 0, decoder.buffer(), 0, frame.length);
    decoder.filled(frame.length);
    assertThat(decoder.next()).isTrue();
    byte[] payload = decoder.payload();
    assertThat(DerpFrames.parseServerKey(payload)).isEqualTo(key);
    payload[0] ^= 1;
    assertThatThrownBy(() -> DerpFrames.parseServerKey(payload)).isInstanceOf(DerpException.class);
    assertThatThrownBy(() -> DerpFrames.parseServerKey(new byte[39]))
        .isInstanceOf(DerpException.class);
  }
}
