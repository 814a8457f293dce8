package org.tailjar.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class StunServerTests {

  private static final InetSocketAddress SOURCE = new InetSocketAddress("192.0.2.1", 32853);

  /** A node's request with the transaction b7e7a701bc34d686fa87dfae. */
  private static final byte[] REQUEST =
      HexFormat.of()
          .parseHex(
              "000100142112a442b7e7a701bc34d686fa87dfae"
                  + "802200087461696c6e6f6465"
                  + "80280004"
                  + "00000000");

  /** The address of RFC 5769 2.2, whose transaction the request has. */
  @Test
  void theMappedAddressIsThatOfThePublishedVector() {
    byte[] answer = StunServer.answer(fingerprinted(), SOURCE);
    assertThat(HexFormat.of().formatHex(answer))
        .isEqualTo("0101000c2112a442b7e7a701bc34d686fa87dfae" + "002000080001a147e112a643");
  }

  @Test
  void aWrongFingerprintGetsNoAnswer() {
    assertThat(StunServer.answer(REQUEST, SOURCE)).isNull();
  }

  @Test
  void aRequestOfAnotherProgramGetsNoAnswer() {
    byte[] request = fingerprinted();
    request[24] = 'x';
    assertThat(StunServer.answer(request, SOURCE)).isNull();
  }

  @Test
  void anythingShorterGetsNoAnswer() {
    assertThat(StunServer.answer(new byte[20], SOURCE)).isNull();
  }

  private static byte[] fingerprinted() {
    CRC32 crc = new CRC32();
    crc.update(REQUEST, 0, 32);
    return ByteBuffer.wrap(REQUEST.clone()).putInt(36, (int) crc.getValue() ^ 0x5354554E).array();
  }
}
