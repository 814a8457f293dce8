package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.PacketCiphers;

class IndexTableTests {

  private final Random random = new Random(3);
  private final Peer peer =
      new Peer(NodePrivateKey.generate().publicKey(), Timings.STANDARD, random);

  @Test
  void anIndexStandsForAHandshakeThenForASessionThenForNothing() {
    IndexTable table = new IndexTable(random);
    int index = table.allocate(peer);
    assertThat(table.handshake(index)).isSameAs(peer);
    assertThat(table.session(index)).isNull();
    Session session = session(index);
    table.put(index, session);
    assertThat(table.handshake(index)).isNull();
    assertThat(table.session(index)).isSameAs(session);
    table.remove(index);
    assertThat(table.session(index)).isNull();
    assertThat(table.size()).isZero();
    assertThatIllegalStateException().isThrownBy(() -> table.put(index, session));
  }

  @Test
  void anIndexInUseIsNotGivenAgain() {
    int[] numbers = {7, 7, 7, 8};
    int[] next = {0};
    RandomGenerator repeating =
        new RandomGenerator() {
          @Override
          public long nextLong() {
            throw new AssertionError("indices are ints");
          }

          @Override
          public int nextInt() {
            return numbers[next[0]++];
          }
        };
    IndexTable table = new IndexTable(repeating);
    assertThat(table.allocate(peer)).isEqualTo(7);
    assertThat(table.allocate(peer)).isEqualTo(8);
  }

  @Test
  void itAgreesWithAMap() {
    // Few different low bits make long chains of slots; zero is an index as any other.
    RandomGenerator clustered = () -> (long) (random.nextInt() & 0x0003_0007) << 32;
    IndexTable table = new IndexTable(clustered);
    Map<Integer, Session> expected = new HashMap<>();
    List<Integer> indices = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      if (indices.size() < 28 && random.nextInt(5) < 3) {
        int index = table.allocate(peer);
        Session session = session(index);
        table.put(index, session);
        expected.put(index, session);
        indices.add(index);
      } else if (!indices.isEmpty()) {
        int index = indices.remove(random.nextInt(indices.size()));
        table.remove(index);
        table.remove(index);
        expected.remove(index);
      }
      for (int high = 0; high < 4; high++) {
        for (int low = 0; low < 8; low++) {
          int index = high << 16 | low;
          if (table.session(index) != expected.get(index)) {
            throw new AssertionError("index " + index + " in step " + i);
          }
        }
      }
      assertThat(table.size()).isEqualTo(expected.size());
    }
  }

  @Test
  void itGrowsAndKeepsWhatItHolds() {
    IndexTable table = new IndexTable(random);
    List<Integer> indices = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      indices.add(table.allocate(peer));
    }
    assertThat(indices).doesNotHaveDuplicates().allMatch(i -> table.handshake(i) == peer);
    indices.forEach(table::remove);
    assertThat(table.size()).isZero();
  }

  private Session session(int index) {
    var key = PacketCiphers.choose().key(new byte[32]);
    return new Session(peer, true, index, 0, key, key, 0, Timings.STANDARD);
  }
}
