package org.tailjar.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class EchoDeviceTests {

  private final EchoDevice device = new EchoDevice("echo0", 1280);
  private final SuperPacket read = new SuperPacket(Arena.ofAuto());

  @Test
  void whatIsWrittenComesBackWithItsAddressesExchanged() throws IOException {
    write("4500001c00000000401166cf640000016400000207d007d10008ffff");
    assertThat(readBack()).isEqualTo("4500001c00000000401166cf640000026400000107d007d10008ffff");
  }

  @Test
  void ipv6ComesBackToo() throws IOException {
    String one = "fd7a115ca1e000000000000000000001";
    String two = "fd7a115ca1e000000000000000000002";
    write("6000000000083b40" + one + two + "0102030405060708");
    assertThat(readBack()).isEqualTo("6000000000083b40" + two + one + "0102030405060708");
  }

  @Test
  void whatWasMergedComesBackAsOneSuperPacket() throws IOException {
    // TCP from 100.0.0.1 to 100.0.0.2, two segments of four bytes that follow each other.
    String ip = "4500002c00004000400672c96400000164000002";
    String first = "07d007d1000000010000000050100200";
    String second = "07d007d1000000050000000050100200";
    Coalescer writer = new Coalescer(device);
    MemorySegment memory = Arena.ofAuto().allocate(88);
    int offset = 0;
    for (String tcp :
        new String[] {first + "d2250000" + "01020304", second + "ca190000" + "05060708"}) {
      byte[] bytes = HexFormat.of().parseHex(ip + tcp);
      MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, offset, bytes.length);
      writer.add(memory, offset, bytes.length);
      offset += bytes.length;
    }
    writer.flush();

    String back = readBack();
    assertThat(back).contains("6400000264000001").endsWith("0102030405060708");
    assertThat(read.offload()).isEqualTo(SuperPacket.Offload.TCP);
    assertThat(read.segmentSize()).isEqualTo(4);
  }

  @Test
  void nothingIsThereBeforeSomethingWasWritten() throws IOException {
    assertThat(device.read(read)).isFalse();
  }

  private void write(String hex) throws IOException {
    byte[] bytes = HexFormat.of().parseHex(hex);
    MemorySegment memory = Arena.ofAuto().allocate(bytes.length);
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
    Coalescer writer = new Coalescer(device);
    writer.add(memory, 0, bytes.length);
    writer.flush();
  }

  private String readBack() throws IOException {
    assertThat(device.read(read)).isTrue();
    byte[] bytes =
        read.memory().asSlice(read.start(), read.length()).toArray(ValueLayout.JAVA_BYTE);
    return HexFormat.of().formatHex(bytes);
  }
}
