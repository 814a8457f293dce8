package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever comes from the network: nothing is thrown, and what is authentic still gets through. */
class RobustnessTests {

  private final Random random = new Random(11);
  private final End.Clock clock = new End.Clock();

  @Test
  void randomBytesAreIgnored() {
    End[] ends = End.connectedPair(clock);
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      if (noise.length > 4 && random.nextInt(4) > 0) {
        // As far as a header that is taken for one of ours.
        Arrays.fill(noise, 0, 4, (byte) 0);
        noise[0] = (byte) (1 + random.nextInt(4));
        int length = Message.lengthOf(noise[0]);
        if (length > 0 && random.nextBoolean()) {
          noise = Arrays.copyOf(noise, length);
        }
      }
      assertThat(ends[1].deliver(noise)).isNegative();
    }
    assertThat(ends[1].sent).isEmpty();
    ends[0].send(ends[1], "still there");
    End.exchange(ends[0], ends[1]);
    assertThat(ends[1].received).containsExactly("still there");
  }

  @Test
  void mutatedMessagesNeverHarmTheHandshakeThatTheyCameFrom() {
    for (int round = 0; round < 30; round++) {
      End[] ends = End.pair(clock);
      End a = ends[0];
      End b = ends[1];
      a.send(b, "first");
      for (int step = 0; !a.sent.isEmpty() || !b.sent.isEmpty(); step++) {
        End from = a.sent.isEmpty() ? b : a;
        End to = from == a ? b : a;
        byte[] real = from.sent.remove();
        for (byte[] mutant : mutants(real)) {
          assertThat(to.deliver(mutant)).as("round %d step %d", round, step).isNegative();
          // With a good mac1, which anybody can make, more of the code sees it. Nothing else covers
          // the sender's index.
          if (mutant.length >= 32 && Arrays.equals(mutant, 4, 8, real, 4, 8)) {
            byte[] valid = HandshakeTests.withMac1(mutant, to.key.publicKey());
            if (!Arrays.equals(valid, real)) {
              assertThat(to.deliver(valid)).isNegative();
            }
          }
        }
        assertThat(to.deliver(real)).isNotNegative();
      }
      assertThat(b.received).containsExactly("first");
      clock.add(Duration.ofSeconds(2));
    }
  }

  private List<byte[]> mutants(byte[] real) {
    List<byte[]> mutants = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      byte[] mutant = real.clone();
      // The last MAC counts under load alone.
      int end = real.length == 148 || real.length == 92 ? real.length - 16 : real.length;
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        mutant[random.nextInt(end)] ^= (byte) (1 << random.nextInt(8));
      }
      if (!Arrays.equals(mutant, real)) {
        mutants.add(mutant);
      }
    }
    mutants.add(Arrays.copyOf(real, random.nextInt(real.length)));
    mutants.add(Arrays.copyOf(real, real.length + 1 + random.nextInt(50)));
    return mutants;
  }

  @Test
  void aLossyReorderingNetworkDeliversOnceAndInTheEndAnew() {
    End[] ends = End.pair(clock);
    List<byte[]> underWay = new ArrayList<>();
    int sentCount = 0;
    for (int step = 0; step < 4000; step++) {
      clock.add(Duration.ofMillis(random.nextInt(200)));
      for (End end : ends) {
        if (end.peer(end == ends[0] ? ends[1] : ends[0]).sending(clock.nanos) != null
            || random.nextInt(20) == 0) {
          end.send(end == ends[0] ? ends[1] : ends[0], "packet " + sentCount++);
        }
        end.advance();
        while (!end.sent.isEmpty()) {
          byte[] message = end.sent.remove();
          byte[] marked = Arrays.copyOf(message, message.length + 1);
          marked[message.length] = (byte) (end == ends[0] ? 1 : 0);
          if (random.nextInt(10) > 0) {
            underWay.add(marked);
          }
          if (random.nextInt(10) == 0) {
            underWay.add(marked);
          }
        }
      }
      while (underWay.size() > 8) {
        byte[] marked = underWay.remove(random.nextInt(underWay.size()));
        End to = ends[marked[marked.length - 1]];
        to.deliver(Arrays.copyOf(marked, marked.length - 1));
      }
    }
    for (End end : ends) {
      assertThat(end.received).doesNotHaveDuplicates().hasSizeGreaterThan(1000);
    }
    clock.add(Duration.ofMinutes(20));
    ends[0].staged.clear();
    ends[1].staged.clear();
    ends[0].sent.clear();
    ends[1].sent.clear();
    ends[0].advance();
    ends[1].advance();
    ends[0].sent.clear();
    ends[1].sent.clear();
    clock.add(Duration.ofMinutes(20));
    ends[0].advance();
    ends[1].advance();
    ends[0].sent.clear();
    ends[1].sent.clear();
    clock.add(Duration.ofMinutes(20));
    ends[0].send(ends[1], "after a long silence");
    End.exchange(ends[0], ends[1]);
    assertThat(ends[1].received).endsWith("after a long silence");
  }
}
