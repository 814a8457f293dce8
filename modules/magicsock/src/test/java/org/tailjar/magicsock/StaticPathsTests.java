package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.linux.UdpOffloads;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

@Timeout(30)
class StaticPathsTests {

  private final Arena arena = Arena.ofShared();
  private final Batch batch = new Batch(arena);
  private StaticPaths a;
  private StaticPaths b;

  @BeforeEach
  void open() throws IOException {
    a = StaticPaths.open(0, 0);
    b = StaticPaths.open(0, 0);
  }

  @AfterEach
  void close() {
    a.close();
    b.close();
    arena.close();
  }

  private static Endpoint peer(StaticPaths of, StaticPaths to) {
    return of.add(
        NodePrivateKey.generate().publicKey(), new InetSocketAddress("127.0.0.1", to.port()));
  }

  private static long soon() {
    return System.nanoTime() + 10_000_000_000L;
  }

  private void fill(Route route, int count, int length, int last) {
    batch.clear(route.first());
    for (int i = 0; i < count; i++) {
      int size = i == count - 1 ? last : length;
      MemorySegment message = batch.memory().asSlice(batch.append(size), size);
      message.fill((byte) i);
      message.set(ValueLayout.JAVA_INT_UNALIGNED, 0, 4);
    }
  }

  @Test
  void eachTransportMessageComesByTheQueueThatItsIndexNames() throws IOException {
    try (StaticPaths many = StaticPaths.open(0, 0, UdpOffloads.ALL, 3)) {
      assumeTrue(many.queues().size() == 3, "needs a kernel with SO_ATTACH_REUSEPORT_CBPF");
      assertThat(many.queues().getFirst()).isSameAs(many);
      Endpoint fromA = peer(a, many);
      Set<Path> paths = new HashSet<>();
      for (int i = 0; i < 60; i++) {
        fill(a.route(fromA), 2, 200, 200);
        for (int j = 0; j < 2; j++) {
          batch.memory().set(ValueLayout.JAVA_BYTE, batch.offset(j) + 4, (byte) (i * 7));
        }
        a.send(a.route(fromA).first(), batch);
        int received = 0;
        while (received < 2) {
          assertThat(many.queues().get((i * 7 & 0xff) % 3).receive(batch, soon())).isTrue();
          received += batch.count();
        }
        assertThat(batch.memory().get(ValueLayout.JAVA_BYTE, 4)).isEqualTo((byte) (i * 7));
        paths.add(batch.path());
      }
      assertThat(paths).as("the path is the same whoever receives").hasSize(1);
    }
  }

  @Test
  void eachQueueIsWokenByItselfAndEndsWithThePaths() throws Exception {
    StaticPaths many = StaticPaths.open(0, 0, UdpOffloads.ALL, 3);
    assumeTrue(many.queues().size() == 3, "needs a kernel with SO_ATTACH_REUSEPORT_CBPF");
    try (many) {
      for (PathsQueue queue : many.queues()) {
        queue.wake();
        assertThat(queue.receive(batch, soon())).isFalse();
        assertThat(queue.receive(batch, System.nanoTime() + 1_000_000)).isFalse();
      }
      PathsQueue last = many.queues().getLast();
      CompletableFuture<Throwable> end = new CompletableFuture<>();
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                try {
                  last.receive(new Batch(Arena.ofAuto()), soon());
                } catch (IOException | RuntimeException e) {
                  end.complete(e);
                }
              });
      many.close();
      assertThat(end.get(5, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aBatchArrivesWhole() throws IOException {
    Endpoint toB = peer(a, b);
    fill(a.route(toB), 40, 1312, 500);
    a.send(a.route(toB).first(), batch);
    int arrived = 0;
    while (arrived < 40) {
      assertThat(b.receive(batch, soon())).isTrue();
      for (int i = 0; i < batch.count(); i++) {
        assertThat(batch.length(i)).isEqualTo(arrived == 39 ? 500 : 1312);
        assertThat(batch.memory().get(ValueLayout.JAVA_BYTE, batch.offset(i) + 499))
            .isEqualTo((byte) arrived++);
      }
      assertThat(batch.path()).hasToString("127.0.0.1:" + a.port());
    }
  }

  @Test
  void whatTheKernelDoesNotMergeIsGatheredInOrder() throws IOException {
    try (StaticPaths alone = StaticPaths.open(0, 0, UdpOffloads.NONE);
        StaticPaths other = StaticPaths.open(0, 0)) {
      Endpoint fromA = peer(a, alone);
      Endpoint fromOther = peer(other, alone);
      List<Integer> lengths = new ArrayList<>(Collections.nCopies(60, 200));
      lengths.addAll(List.of(200, 100, 100, 300, 300, 65_000, 65_000, 32, 32, 32));
      for (int i = 0; i < lengths.size(); i++) {
        fill(a.route(fromA), 1, lengths.get(i), lengths.get(i));
        batch.memory().set(ValueLayout.JAVA_BYTE, batch.offset(0) + 20, (byte) i);
        // An answer to nobody's question, which is no WireGuard message, comes in between.
        batch.memory().set(ValueLayout.JAVA_BYTE, batch.offset(0), (byte) (i == 30 ? 'x' : 4));
        a.send(a.route(fromA).first(), batch);
        if (i == 40) {
          fill(other.route(fromOther), 1, 200, 200);
          other.send(other.route(fromOther).first(), batch);
        }
      }
      List<Integer> arrived = new ArrayList<>();
      int strangers = 0;
      int most = 0;
      while (arrived.size() < lengths.size() - 1 || strangers == 0) {
        assertThat(alone.receive(batch, soon())).isTrue();
        assertThat(batch.calls()).isEqualTo(batch.count());
        most = Math.max(most, batch.count());
        for (int i = 0; i < batch.count(); i++) {
          if (batch.path().toString().endsWith(":" + other.port())) {
            strangers++;
          } else {
            int number = batch.memory().get(ValueLayout.JAVA_BYTE, batch.offset(i) + 20);
            assertThat(batch.length(i)).isEqualTo(lengths.get(number));
            arrived.add(number);
          }
        }
      }
      assertThat(arrived).isSorted().doesNotContain(30).doesNotHaveDuplicates();
      assertThat(strangers).isEqualTo(1);
      assertThat(most).isGreaterThan(10);
      assertThat(alone.receive(batch, System.nanoTime() + 1_000_000)).isFalse();
    }
  }

  @Test
  void aPeerIsFollowedToWhereItsAuthenticPacketsComeFrom() throws IOException {
    Endpoint toA = b.add(NodePrivateKey.generate().publicKey(), null);
    assertThat(b.route(toA)).isNull();
    Endpoint toB = peer(a, b);
    fill(a.route(toB), 1, 32, 32);
    a.send(a.route(toB).first(), batch);
    assertThat(b.receive(batch, soon())).isTrue();
    b.confirmed(toA, batch.path());
    assertThat(b.route(toA).first()).isSameAs(batch.path());
  }

  @Test
  void theDeadlineEndsAReceive() throws IOException {
    assertThat(a.receive(batch, System.nanoTime() + 1_000_000)).isFalse();
    assertThat(a.receive(batch, System.nanoTime() - 1)).isFalse();
  }

  @Test
  void aWakeEndsAReceiveEvenWhenItCameBefore() throws IOException {
    a.wake();
    assertThat(a.receive(batch, Long.MAX_VALUE)).isFalse();
    Thread.ofVirtual().start(a::wake);
    assertThat(a.receive(batch, Long.MAX_VALUE)).isFalse();
  }

  @Test
  void whatIsNotWireGuardIsLeftOutOfABatch() throws IOException {
    try (DatagramSocket stranger = new DatagramSocket()) {
      InetSocketAddress to = new InetSocketAddress(InetAddress.getLoopbackAddress(), a.port());
      byte[] noise = new byte[100];
      noise[0] = 9;
      stranger.send(new DatagramPacket(noise, 100, to));
      stranger.send(new DatagramPacket(new byte[0], 0, to));
      stranger.send(new DatagramPacket(new byte[] {4, 0, 0, 0, 1}, 5, to));
      byte[] message = new byte[100];
      message[0] = 4;
      stranger.send(new DatagramPacket(message, 100, to));
      assertThat(a.receive(batch, soon())).isTrue();
      assertThat(batch.count()).isEqualTo(1);
      assertThat(batch.memory().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 4);
    }
  }

  @Test
  void aMixedBatchKeepsItsWireGuardMessagesInOrder() throws IOException {
    Endpoint toB = peer(a, b);
    fill(a.route(toB), 10, 200, 200);
    for (int i = 0; i < 10; i += 3) {
      batch.memory().set(ValueLayout.JAVA_BYTE, batch.offset(i), (byte) 'x');
    }
    a.send(a.route(toB).first(), batch);
    int[] expected = {1, 2, 4, 5, 7, 8};
    int arrived = 0;
    while (arrived < expected.length) {
      assertThat(b.receive(batch, soon())).isTrue();
      for (int i = 0; i < batch.count(); i++) {
        assertThat(batch.length(i)).isEqualTo(200);
        assertThat(batch.memory().get(ValueLayout.JAVA_BYTE, batch.offset(i) + 100))
            .isEqualTo((byte) expected[arrived++]);
      }
    }
  }

  @Test
  void aPortThatIsTakenIsReplacedByAnother() throws IOException {
    try (StaticPaths other = StaticPaths.open(a.port(), 0)) {
      assertThat(other.port()).isNotEqualTo(a.port()).isPositive();
    }
  }

  @Test
  void sendingWhereNothingCanGoIsNoErrorAndEndsNothing() throws IOException {
    Endpoint nowhere =
        a.add(NodePrivateKey.generate().publicKey(), new InetSocketAddress("255.255.255.255", 9));
    fill(a.route(nowhere), 2, 100, 100);
    a.send(a.route(nowhere).first(), batch);
    Endpoint toB = peer(a, b);
    fill(a.route(toB), 1, 100, 100);
    a.send(a.route(toB).first(), batch);
    assertThat(b.receive(batch, soon())).isTrue();
  }
}
