package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpInput;
import org.tailjar.packet.Batch;

class RelayInputTests {

  private final NodePublicKey self = NodePrivateKey.generate().publicKey();
  private final NodePublicKey one = NodePrivateKey.generate().publicKey();
  private final NodePublicKey two = NodePrivateKey.generate().publicKey();
  private final NodePublicKey stranger = NodePrivateKey.generate().publicKey();
  private final DerpInput ring = new DerpInput(256, () -> {});
  private final PeerTable peers = new PeerTable();
  private final List<String> others = new ArrayList<>();
  private final Arena arena = Arena.ofConfined();
  private final Batch batch = new Batch(arena);
  private RelayInput input;

  @BeforeEach
  void peers() {
    FakeRelays relays = new FakeRelays(new FakeRelays.Hub(), self, ring);
    input = new RelayInput(ring, peers, relays);
    peers.replace(List.of(peer(one), peer(two)));
  }

  @AfterEach
  void free() {
    arena.close();
  }

  private static MagicEndpoint peer(NodePublicKey key) {
    return new MagicEndpoint(
        key,
        _ ->
            new PeerPaths(
                new Random(1),
                new PeerPaths.Actions() {
                  @Override
                  public void ping(InetSocketAddress to, TransactionId id) {}

                  @Override
                  public void callMeMaybe() {}
                }));
  }

  private void offer(NodePublicKey source, int length, int mark) {
    byte[] packet = new byte[length];
    packet[0] = 4;
    packet[length - 1] = (byte) mark;
    ring.offer(FakeRelays.REGION, source, packet, 0, length);
  }

  /** The next batch as the last bytes of its messages; null when there is none. */
  private List<Integer> next() {
    if (!input.receive(batch, (region, source, bytes) -> others.add(region + " " + bytes.length))) {
      return null;
    }
    List<Integer> marks = new ArrayList<>();
    for (int i = 0; i < batch.count(); i++) {
      marks.add(
          (int) batch.memory().get(ValueLayout.JAVA_BYTE, batch.offset(i) + batch.length(i) - 1L));
    }
    return marks;
  }

  @Test
  void messagesOfOnePeerAndLengthComeTogetherWithAShorterLast() {
    offer(one, 100, 1);
    offer(one, 100, 2);
    offer(one, 60, 3);
    offer(one, 60, 4);
    offer(one, 70, 5);
    assertThat(next()).containsExactly(1, 2, 3);
    assertThat(next()).containsExactly(4);
    assertThat(next()).containsExactly(5);
    assertThat(next()).isNull();
  }

  @Test
  void messagesOfTwoPeersComeApart() {
    offer(one, 100, 1);
    offer(two, 100, 2);
    offer(two, 100, 3);
    assertThat(next()).containsExactly(1);
    assertThat(next()).containsExactly(2, 3);
  }

  @Test
  void aBatchIsNeverTooLarge() {
    for (int i = 0; i < 100; i++) {
      offer(one, 32, i);
    }
    assertThat(next()).hasSize(Batch.MAX_DATAGRAMS);
    assertThat(next()).hasSize(100 - Batch.MAX_DATAGRAMS);
    for (int i = 0; i < 60; i++) {
      offer(one, 1500, i);
    }
    assertThat(next()).hasSize(43);
    assertThat(next()).hasSize(17);
  }

  @Test
  void anInitiationOfAStrangerMayBeOfAPeerThatIsNotToldOfYet() {
    byte[] initiation = new byte[148];
    initiation[0] = 1;
    initiation[147] = 9;
    ring.offer(FakeRelays.REGION, stranger, initiation, 0, 148);
    assertThat(next()).containsExactly(9);
    assertThat(batch.path()).isInstanceOf(DerpPath.class);
    assertThat(batch.path().source()).isEqualTo(stranger.bytes());
  }

  @Test
  void strangersAndNoiseAreDropped() {
    offer(stranger, 148, 1);
    offer(stranger, 100, 1);
    ring.offer(FakeRelays.REGION, one, new byte[50], 0, 50);
    ring.offer(FakeRelays.REGION, one, new byte[3], 0, 3);
    assertThat(next()).isNull();
    offer(one, 40, 2);
    assertThat(next()).containsExactly(2);
  }

  @Test
  void discoPacketsAreHandedOnAndDoNotEndARun() {
    byte[] disco =
        new DiscoBox(DiscoPrivateKey.generate(), DiscoPrivateKey.generate().publicKey())
            .seal(new Disco.Ping(new TransactionId(1, 2), null));
    offer(one, 200, 1);
    ring.offer(FakeRelays.REGION, one, disco, 0, disco.length);
    offer(one, 200, 2);
    assertThat(next()).containsExactly(1, 2);
    assertThat(others).containsExactly(FakeRelays.REGION + " " + disco.length);
  }
}
