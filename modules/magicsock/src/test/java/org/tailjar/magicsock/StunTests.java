package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class StunTests {

  private static final byte[] VECTOR =
      HexFormat.of()
          .parseHex(
              "010100182112a4424fd5d202dcb37d31fc773306002000140002cd3d2112a4424fd5d202dcb382ce"
                  + "2dc3fcc7");
  private static final TransactionId VECTOR_ID = new TransactionId(0x4fd5d202dcb37d31L, 0xfc773306);

  /** 44 bytes of answer whose attribute says IPv6, as such servers answer an IPv4 client. */
  @Test
  void anIpv4AddressMappedIntoIpv6IsIpv4() {
    assertThat(Stun.parse(VECTOR))
        .isEqualTo(new Stun.Response(VECTOR_ID, new InetSocketAddress("209.180.207.193", 60463)));
  }

  @Test
  void aRequestCarriesSoftwareAndFingerprint() {
    byte[] request = Stun.request(new TransactionId(0x0102030405060708L, 0x090a0b0c));
    assertThat(request).hasSize(40);
    assertThat(HexFormat.of().formatHex(request, 0, 36))
        .isEqualTo(
            "000100142112a4420102030405060708090a0b0c" + "802200087461696c6e6f6465" + "80280004");
    CRC32 crc = new CRC32();
    crc.update(request, 0, 32);
    assertThat(ByteBuffer.wrap(request).getInt(36)).isEqualTo((int) crc.getValue() ^ 0x5354554e);
  }

  @Test
  void aPlainIpv4AnswerIsRead() {
    ByteBuffer answer = ByteBuffer.allocate(32);
    answer.putShort((short) 0x0101).putShort((short) 12).putInt(Stun.MAGIC_COOKIE);
    VECTOR_ID.put(answer);
    answer.putShort((short) 1).putShort((short) 8).put(new byte[] {0, 1, 0x12, 0x34, 10, 0, 0, 9});
    assertThat(Stun.parse(answer.array()))
        .isEqualTo(new Stun.Response(VECTOR_ID, new InetSocketAddress("10.0.0.9", 0x1234)));
  }

  @Test
  void everyTruncationIsRefused() {
    for (int length = 0; length < VECTOR.length; length++) {
      assertThat(Stun.parse(Arrays.copyOf(VECTOR, length))).isNull();
    }
  }

  @Test
  void noChangeOfAnAnswerMakesTheParserFail() {
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      byte[] changed = Arrays.copyOf(VECTOR, random.nextInt(VECTOR.length + 30));
      for (int flips = random.nextInt(4); flips >= 0 && changed.length > 0; flips--) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      }
      Stun.Response response = Stun.parse(changed);
      assertThat(response == null || response.mapped() != null).isTrue();
    }
  }

  @Test
  void aRequestIsNoAnswer() {
    assertThat(Stun.parse(Stun.request(VECTOR_ID))).isNull();
  }
}
