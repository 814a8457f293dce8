package org.tailjar.derp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DerpOutputTests {

  private final DerpOutput output = new DerpOutput();
  private final List<DerpOutput.Chunk> chunks = new ArrayList<>();

  private void add(int first, int length) {
    byte[] bytes = new byte[length];
    bytes[0] = (byte) first;
    output.frames(MemorySegment.ofArray(bytes), 0, length);
  }

  private List<Integer> take(int maxBytes) throws InterruptedException {
    output.take(chunks, maxBytes, () -> true);
    List<Integer> firsts = chunks.stream().map(chunk -> (int) chunk.bytes[0]).toList();
    output.recycle(chunks);
    return firsts;
  }

  @Test
  void theOldestAreDroppedWhenItIsFull() throws Exception {
    for (int i = 0; i < 10; i++) {
      add(i, 60_000);
    }
    assertThat(output.dropped()).isEqualTo(2);
    assertThat(take(1_000_000)).containsExactly(2, 3, 4, 5, 6, 7, 8, 9);
  }

  @Test
  void smallWritesAreTakenTogetherUpToALimit() throws Exception {
    for (int i = 0; i < 5; i++) {
      add(i, 1000);
    }
    assertThat(take(2500)).containsExactly(0, 1);
    assertThat(take(10)).containsExactly(2);
    assertThat(take(10_000)).containsExactly(3, 4);
    assertThat(take(10_000)).isEmpty();
  }

  @Test
  void controlFramesGoFirstAndAreNotDropped() throws Exception {
    output.control(new byte[] {99});
    for (int i = 0; i < 20; i++) {
      add(i, 60_000);
    }
    assertThat(output.take(chunks, 1, () -> true)).containsExactly(99);
    assertThat(output.take(chunks, 1, () -> true)).isNull();
  }

  @Test
  void buffersAreUsedAgain() throws Exception {
    add(1, 100);
    output.take(chunks, 1, () -> true);
    DerpOutput.Chunk first = chunks.getFirst();
    output.recycle(chunks);
    add(2, 200);
    output.take(chunks, 1, () -> true);
    assertThat(chunks.getFirst()).isSameAs(first);
  }

  @Test
  void whatWaitedForALostConnectionIsForgotten() throws Exception {
    add(1, 100);
    output.control(new byte[1]);
    output.clear();
    assertThat(take(10_000)).isEmpty();
  }

  @Test
  void moreThanAnyFrameIsRefused() {
    assertThatThrownBy(() -> add(1, 200_000)).isInstanceOf(IllegalArgumentException.class);
  }
}
