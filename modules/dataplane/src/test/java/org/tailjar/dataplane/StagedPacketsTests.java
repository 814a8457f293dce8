package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StagedPacketsTests {

  private static final int MTU = 64;

  private final Staging staging = new Staging();
  private final StagedPackets staged = new StagedPackets(MTU, staging);
  private final MemorySegment packet = Arena.ofAuto().allocate(MTU);

  private boolean add(int mark, int length) {
    packet.fill((byte) mark);
    return staged.add(packet, 0, length);
  }

  private List<String> contents() {
    List<String> contents = new ArrayList<>();
    for (int i = 0; i < staged.size(); i++) {
      byte last =
          staged.memory().get(ValueLayout.JAVA_BYTE, staged.offset(i) + staged.length(i) - 1);
      contents.add(staged.length(i) + ":" + (last & 0xff));
    }
    return contents;
  }

  @Test
  void packetsComeOutAsTheyWentIn() {
    assertThat(staged.isEmpty()).isTrue();
    assertThat(add(1, 20)).isTrue();
    assertThat(add(2, MTU)).isTrue();
    assertThat(add(3, 1)).isTrue();

    assertThat(contents()).containsExactly("20:1", "64:2", "1:3");
    assertThat(staged.isEmpty()).isFalse();
  }

  @Test
  void theOldestMakesRoom() {
    for (int i = 0; i < StagedPackets.CAPACITY; i++) {
      assertThat(add(i, 10)).isTrue();
    }
    assertThat(add(200, 11)).isFalse();
    assertThat(add(201, 12)).isFalse();

    assertThat(contents())
        .hasSize(StagedPackets.CAPACITY)
        .startsWith("10:2", "10:3")
        .endsWith("10:127", "11:200", "12:201");
  }

  @Test
  void aFewPacketsTakeLittleMemory() {
    add(1, 20);
    assertThat(staged.memory().byteSize()).isLessThan(10 * MTU);
    staged.clear();
    assertThat(staged.memory().byteSize()).isZero();
  }

  @Test
  void afterClearingItStartsAnew() {
    for (int i = 0; i < StagedPackets.CAPACITY + 7; i++) {
      add(i, 10);
    }
    staged.clear();
    assertThat(staged.isEmpty()).isTrue();

    add(9, 5);
    assertThat(contents()).containsExactly("5:9");
  }

  @Test
  void aFullQueueOfTheLongestPacketsIsKeptWhole() {
    for (int i = 0; i < StagedPackets.CAPACITY; i++) {
      add(i, MTU);
    }
    assertThat(contents()).hasSize(StagedPackets.CAPACITY).startsWith("64:0").endsWith("64:127");
  }
}
