package org.tailjar.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChecksumTests {

  @Test
  void theExampleOfRfc1071IsSummedRight() {
    byte[] bytes = {
      0x00, 0x01, (byte) 0xf2, 0x03, (byte) 0xf4, (byte) 0xf5, (byte) 0xf6, (byte) 0xf7
    };
    assertThat(Checksum.partial(Packets.offHeap(bytes), 0, 8)).isEqualTo(0xddf2);
  }

  @Test
  void everyLengthAtEveryOffsetAgreesWithThePlainSum() {
    Random random = new Random(1);
    byte[] bytes = new byte[300];
    random.nextBytes(bytes);
    MemorySegment memory = Packets.offHeap(bytes);
    for (int offset = 0; offset < 9; offset++) {
      for (int length = 0; length <= 280; length++) {
        int expected = Packets.complement(Packets.sum(bytes, offset, length));
        assertThat(Checksum.of(memory, offset, length))
            .as("%d bytes at %d", length, offset)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void noCarryIsLost() {
    byte[] bytes = new byte[65_535];
    java.util.Arrays.fill(bytes, (byte) 0xff);
    assertThat(Checksum.partial(Packets.offHeap(bytes), 0, 65_534)).isEqualTo(0xffff);
    assertThat(Checksum.fold(Long.MAX_VALUE))
        .isEqualTo(0xffff & ~Packets.complement(Long.MAX_VALUE));
    assertThat(Checksum.fold(0xffff_ffff_ffffL)).isEqualTo(0xffff);
  }

  @Test
  void thePseudoHeaderOfMappedAddressesIsThatOfIpv4() {
    long source = 0x0000_ffff_6440_0001L;
    long destination = 0x0000_ffff_6440_0002L;
    long plain = Packets.sum(Packets.CLIENT4, 0, 4) + Packets.sum(Packets.SERVER4, 0, 4) + 17 + 300;
    assertThat(Checksum.pseudoHeader(0, source, 0, destination, 17, 300))
        .isEqualTo(~Packets.complement(plain) & 0xffff);
  }
}
