package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.PacketCiphers;

class BatchOpenerTests {

  private static final int COUNT = 5;
  private static final int PACKET = 32;
  private static final int LENGTH = PACKET + Session.OVERHEAD;
  private static final long NOW = -1000;

  /** No longer than the batch, so that whatever is read behind it is an error. */
  private MemorySegment memory = Arena.ofAuto().allocate((long) COUNT * LENGTH, 16);

  private Session session;
  private AeadContext context;
  private BatchOpener opener;

  static List<Aead> ciphers() {
    return PacketCiphers.available();
  }

  /** A session that is its own peer, and a batch of its messages. */
  private void seal(Aead aead) {
    session =
        new Session(
            new Peer(NodePrivateKey.generate().publicKey(), Timings.STANDARD, new Random(1)),
            true,
            7,
            7,
            aead.key(new byte[32]),
            aead.key(new byte[32]),
            NOW,
            Timings.STANDARD);
    context = aead.context();
    opener = new BatchOpener(context);
    long first = session.reserve(COUNT);
    for (int i = 0; i < COUNT; i++) {
      memory.asSlice((long) i * LENGTH + Session.HEADER_LENGTH, PACKET).fill((byte) (i + 1));
    }
    long[] counters = IntStream.range(0, COUNT).mapToLong(i -> first + i).toArray();
    session.sealAll(context, counters, COUNT, memory, 0, LENGTH, LENGTH, LENGTH);
  }

  private List<Integer> open(int lastLength) {
    opener.open(session, memory, 0, LENGTH, LENGTH, lastLength, COUNT, NOW);
    return IntStream.range(0, COUNT).mapToObj(opener::result).toList();
  }

  private byte packet(int message) {
    return memory.get(ValueLayout.JAVA_BYTE, (long) message * LENGTH + Session.HEADER_LENGTH);
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void allOfABatchComesOutOnce(Aead aead) {
    seal(aead);
    byte[] sealed = memory.toArray(ValueLayout.JAVA_BYTE);
    assertThat(open(LENGTH)).containsOnly(PACKET);
    assertThat(IntStream.range(0, COUNT).map(this::packet)).containsExactly(1, 2, 3, 4, 5);
    MemorySegment.copy(sealed, 0, memory, ValueLayout.JAVA_BYTE, 0, sealed.length);
    assertThat(open(LENGTH)).containsOnly(Session.REPLAYED);
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void aForgedAndARepeatedMessageTakeNothingFromTheOthers(Aead aead) {
    seal(aead);
    long tag = 2L * LENGTH - 1;
    memory.set(ValueLayout.JAVA_BYTE, tag, (byte) (memory.get(ValueLayout.JAVA_BYTE, tag) ^ 1));
    MemorySegment.copy(memory, 0, memory, 3L * LENGTH, LENGTH);
    assertThat(open(LENGTH))
        .containsExactly(PACKET, Session.FORGED, PACKET, Session.REPLAYED, PACKET);
    assertThat(List.of(packet(0), packet(2), packet(4)))
        .containsExactly((byte) 1, (byte) 3, (byte) 5);
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void nothingIsReadBehindALastMessageThatIsCutShort(Aead aead) {
    for (int cut = 1; cut <= LENGTH; cut++) {
      seal(aead);
      MemorySegment whole = memory;
      memory = Arena.ofAuto().allocate((long) COUNT * LENGTH - cut, 16);
      memory.copyFrom(whole.asSlice(0, memory.byteSize()));
      assertThat(open(LENGTH - cut))
          .containsExactly(PACKET, PACKET, PACKET, PACKET, Session.FORGED);
      memory = whole;
    }
  }

  @ParameterizedTest
  @MethodSource("ciphers")
  void aSessionThatIsClosedOpensNothing(Aead aead) {
    seal(aead);
    session.close();
    assertThat(open(LENGTH)).containsOnly(Session.EXPIRED);
  }
}
