package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.PacketCiphers;
import org.tailjar.dataplane.Statistics.Counters;
import org.tailjar.magicsock.Endpoint;
import org.tailjar.magicsock.Paths;
import org.tailjar.magicsock.Route;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

class OutBatchesTests {

  private record NamedPath(String name, int headroom) implements Path {}

  /** Notes what is sent as path, lengths and first bytes: "a 100:1 100:2". */
  private final class NotingPaths implements Paths {

    @Override
    public void send(Path path, Batch batch) {
      StringBuilder note = new StringBuilder(((NamedPath) path).name());
      for (int i = 0; i < batch.count(); i++) {
        note.append(" ").append(batch.length(i)).append(":");
        note.append(batch.memory().get(ValueLayout.JAVA_BYTE, batch.offset(i)));
      }
      sent.add(note.toString());
    }

    @Override
    public boolean receive(Batch into, long deadlineNanos) {
      return false;
    }

    @Override
    public void confirmed(Endpoint peer, Path path) {}

    @Override
    public @Nullable Route route(Endpoint peer) {
      return null;
    }

    @Override
    public void wake() {}

    @Override
    public void close() {}
  }

  private static final AeadContext CONTEXT = PacketCiphers.byName("jce").context();

  private final List<String> sent = new ArrayList<>();
  private final Counters counters = new Counters();
  private final OutBatches batches =
      new OutBatches(
          new NotingPaths(), counters, Arena.ofAuto(), CONTEXT, OutBatches.Turn.ALONE, 2);
  private final Route a = new Route(new NamedPath("a", 0), null);
  private final Route b = new Route(new NamedPath("b", 37), null);
  private final Route c = new Route(new NamedPath("c", 0), null);

  private void put(Route route, int length, int mark) {
    OutBatch batch = batches.accepting(route, null, length);
    int at = batch.append(length);
    batch.memory().set(ValueLayout.JAVA_BYTE, at, (byte) mark);
  }

  @Test
  void interleavedPathsFillABatchEach() {
    for (int i = 0; i < 3; i++) {
      put(a, 100, i);
      put(b, 100, 10 + i);
    }
    assertThat(sent).isEmpty();

    batches.flush();

    assertThat(sent).containsExactly("a 100:0 100:1 100:2", "b 100:10 100:11 100:12");
    assertThat(counters.get(Counters.UDP_SENDS)).isEqualTo(2);
    assertThat(counters.get(Counters.UDP_SENT_PACKETS)).isEqualTo(6);
  }

  @Test
  void aBatchThatTakesNoMoreGoesAlone() {
    put(a, 100, 1);
    put(b, 100, 2);
    put(a, 50, 3); // a shorter one may only be the last
    put(a, 100, 4);

    assertThat(sent).containsExactly("a 100:1 50:3");
    put(a, 101, 5);
    assertThat(sent).containsExactly("a 100:1 50:3", "a 100:4");

    batches.flush();
    assertThat(sent).endsWith("a 101:5", "b 100:2");
  }

  @Test
  void aBatchHoldsAsManyAsTheKernelTakesAtOnce() {
    for (int i = 0; i < Batch.MAX_DATAGRAMS + 1; i++) {
      put(a, 100, 0);
    }
    assertThat(sent).hasSize(1);

    sent.clear();
    batches.flush();
    assertThat(sent).containsExactly("a 100:0");
    for (int i = 0; i < 46; i++) {
      put(a, 1452, 0);
    }
    assertThat(counters.get(Counters.UDP_SENT_PACKETS)).isEqualTo(Batch.MAX_DATAGRAMS + 1 + 45);
  }

  @Test
  void morePathsThanSlotsSendTheOldestFirst() {
    put(a, 100, 1);
    put(b, 100, 2);
    put(c, 100, 3);
    assertThat(sent).containsExactly("a 100:1");

    put(b, 100, 4);
    batches.flush();
    assertThat(sent).containsExactly("a 100:1", "b 100:2 100:4", "c 100:3");
  }

  @Test
  void aSecondPathGetsACopyInItsOwnFraming() {
    Route both = new Route(a.first(), b.first());
    put(both, 100, 1);
    put(both, 60, 2);
    batches.flush();

    assertThat(sent).containsExactlyInAnyOrder("a 100:1 60:2", "b 100:1 60:2");
    assertThat(counters.get(Counters.UDP_SENDS)).isEqualTo(1);
  }

  @Test
  void aBatchThatFillsTheFirstPathIsSplitForASecondWithMoreFraming() {
    Route both = new Route(a.first(), b.first());
    for (int i = 0; i < 45; i++) {
      put(both, 1452, i);
    }
    batches.flush();

    assertThat(sent).hasSize(3);
    assertThat(sent.stream().filter(note -> note.startsWith("b"))).hasSize(2);
    assertThat(String.join(" ", sent).split("1452:")).hasSize(91);
  }

  @Test
  void whatWasAddedBeforeASecondPathIsNotSentByIt() {
    put(a, 100, 1);
    put(new Route(a.first(), c.first()), 100, 2);
    batches.flush();

    assertThat(sent).containsExactlyInAnyOrder("a 100:1", "a 100:2", "c 100:2");
  }

  @Test
  void onePathAloneCanBeFlushed() {
    put(a, 100, 1);
    put(b, 100, 2);
    batches.flush(a.first());
    assertThat(sent).containsExactly("a 100:1");

    put(a, 100, 3);
    batches.flush();
    batches.flush();
    assertThat(sent).containsExactly("a 100:1", "b 100:2", "a 100:3");
  }
}
