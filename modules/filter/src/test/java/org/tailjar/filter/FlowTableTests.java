package org.tailjar.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class FlowTableTests {

  private static final int UDP = 17;

  private final FlowTable flows = new FlowTable();

  private void record(int port) {
    flows.record(UDP, 1, 2, port, 3, 4, 53);
  }

  private boolean isReply(int port) {
    return flows.isReply(UDP, 3, 4, 53, 1, 2, port);
  }

  @Test
  void onlyTheReverseTupleIsAReply() {
    record(1000);

    assertThat(isReply(1000)).isTrue();
    assertThat(isReply(1001)).isFalse();
    assertThat(flows.isReply(UDP, 1, 2, 1000, 3, 4, 53)).isFalse();
    assertThat(flows.isReply(132, 3, 4, 53, 1, 2, 1000)).isFalse();
    assertThat(flows.isReply(UDP, 3, 4, 54, 1, 2, 1000)).isFalse();
    assertThat(flows.isReply(UDP, 3, 5, 53, 1, 2, 1000)).isFalse();
    assertThat(flows.isReply(UDP, 0, 4, 53, 1, 2, 1000)).isFalse();
  }

  @Test
  void theFlowUsedLeastRecentlyIsForgotten() {
    for (int port = 0; port < FlowTable.CAPACITY; port++) {
      record(port);
    }
    record(0);
    assertThat(isReply(1)).isTrue();

    record(10_000);
    record(10_001);

    assertThat(flows.size()).isEqualTo(FlowTable.CAPACITY);
    assertThat(isReply(0)).isTrue();
    assertThat(isReply(1)).isTrue();
    assertThat(isReply(2)).isFalse();
    assertThat(isReply(3)).isFalse();
    assertThat(isReply(4)).isTrue();
  }

  @Test
  void aFlowThatWasForgottenAfterItsLastReplyIsNoLongerFound() {
    record(1);
    assertThat(isReply(1)).isTrue();

    for (int port = 2; port < 2 + FlowTable.CAPACITY; port++) {
      record(port);
    }

    assertThat(isReply(1)).isFalse();
  }

  @Test
  void itAgreesWithASimpleModel() {
    Map<Integer, Boolean> model =
        new LinkedHashMap<>(1024, 0.75f, true) {
          private static final long serialVersionUID = 1;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Integer, Boolean> eldest) {
            return size() > FlowTable.CAPACITY;
          }
        };
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    for (int i = 0; i < 200_000; i++) {
      int port = random.nextInt(700);
      if (random.nextBoolean()) {
        record(port);
        // The same flow twice in a row is answered from the last one seen; order unaffected.
        record(port);
        model.put(port, true);
      } else {
        assertThat(isReply(port)).isEqualTo(model.get(port) != null);
      }
    }
    Iterator<Integer> ports = model.keySet().iterator();
    ports.next();
    assertThat(flows.size()).isEqualTo(model.size());
  }

  @Test
  void twoThreadsSeeAConsistentTable() throws InterruptedException {
    int rounds = 200_000;
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < rounds; i++) {
                    record(i % 600);
                  }
                });
    int strangers = 0;
    for (int i = 0; i < rounds; i++) {
      isReply(i % 600);
      strangers += isReply(600 + i % 600) ? 1 : 0;
    }
    writer.join();

    assertThat(strangers).isZero();
    assertThat(flows.size()).isEqualTo(FlowTable.CAPACITY);
  }

  @Test
  void aReplyIsFoundInTheTableOfAnyThread() {
    FlowTable other = new FlowTable();
    FlowTables both = new FlowTables(List.of(flows, other));
    record(1000);
    other.record(UDP, 1, 2, 1001, 3, 4, 53);

    for (int port : new int[] {1000, 1001, 1001, 1000}) {
      assertThat(both.isReply(UDP, 3, 4, 53, 1, 2, port)).isTrue();
    }
    assertThat(both.isReply(UDP, 3, 4, 53, 1, 2, 1002)).isFalse();
  }
}
