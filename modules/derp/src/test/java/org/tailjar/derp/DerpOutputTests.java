package org.tailjar.derp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class DerpOutputTests {

  private static final MemorySegment KEY = MemorySegment.ofArray(new byte[32]);

  private long now;
  private final DerpOutput output = new DerpOutput(() -> now);
  private final byte[] taken = new byte[DerpOutput.TAKEN_BYTES];

  /** What the last {@link #take} saw of pings. */
  private long lastPing;

  private static byte[] frame(int first, int packetLength) {
    byte[] bytes = new byte[DerpFrames.PACKET_HEADER_LENGTH + packetLength];
    DerpFrames.putSendHeader(MemorySegment.ofArray(bytes), 0, KEY, packetLength);
    bytes[DerpFrames.PACKET_HEADER_LENGTH] = (byte) first;
    return bytes;
  }

  private void add(int first, int packetLength) {
    byte[] frame = frame(first, packetLength);
    output.frames(MemorySegment.ofArray(frame), 0, frame.length);
  }

  /** The first bytes of the packets that one take gives; its pings are answered. */
  private List<Integer> take() throws Exception {
    return decode(output.take(taken, () -> true));
  }

  private List<Integer> decode(int length) throws Exception {
    List<Integer> firsts = new ArrayList<>();
    lastPing = 0;
    DerpDecoder decoder = new DerpDecoder();
    System.arraycopy(taken, 0, decoder.buffer(), 0, length);
    decoder.filled(length);
    int consumed = 0;
    while (decoder.next()) {
      consumed += DerpFrames.HEADER_LENGTH + decoder.length();
      if (decoder.type() == DerpFrames.SEND_PACKET) {
        firsts.add((int) decoder.buffer()[decoder.offset() + DerpFrames.KEY_LENGTH]);
      } else if (decoder.type() == DerpFrames.PING) {
        lastPing = ByteBuffer.wrap(decoder.payload()).getLong();
        output.pong(decoder.payload(), 0);
      }
    }
    assertThat(consumed).isEqualTo(length); // whole frames and nothing else
    return firsts;
  }

  private List<Integer> takeAll() throws Exception {
    List<Integer> all = new ArrayList<>();
    for (List<Integer> next = take(); !next.isEmpty(); next = take()) {
      all.addAll(next);
    }
    return all;
  }

  @Test
  void whenItIsFullItKeepsWhatItHas() throws Exception {
    for (int i = 0; i < 10; i++) {
      add(i, 60_000);
    }
    assertThat(output.dropped()).isEqualTo(6);
    assertThat(takeAll()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void ofABatchThoseFramesGoForWhichThereIsRoom() throws Exception {
    for (int i = 0; i < 4; i++) {
      add(i, 60_000);
    }
    ByteArrayOutputStream batch = new ByteArrayOutputStream();
    batch.writeBytes(frame(4, 20_000));
    batch.writeBytes(frame(5, 20_000));
    batch.writeBytes(frame(6, 100));
    batch.writeBytes(frame(7, 20_000));
    batch.writeBytes(frame(8, 50));
    output.frames(MemorySegment.ofArray(batch.toByteArray()), 0, batch.size());
    assertThat(output.dropped()).isEqualTo(2);
    assertThat(takeAll()).containsExactly(0, 1, 2, 3, 4, 6, 8);
  }

  @Test
  void aSinglePacketAlwaysHasRoom() throws Exception {
    for (int i = 0; i < 4; i++) {
      add(i, 60_000);
    }
    byte[] packet = new byte[60_000];
    packet[0] = 9;
    output.packet(KEY, MemorySegment.ofArray(packet), 0, packet.length);
    assertThat(output.dropped()).isEqualTo(1);
    assertThat(takeAll()).containsExactly(1, 2, 3, 9);
  }

  @Test
  void theOldestAreDroppedWhenNothingHasMovedForLong() throws Exception {
    now = 7_000_000_000L;
    for (int i = 0; i < 4; i++) {
      add(i, 60_000);
    }
    now += 1_000_000_000;
    add(4, 60_000);
    assertThat(output.dropped()).isEqualTo(1);
    now += 1;
    add(5, 60_000);
    add(6, 60_000);
    assertThat(output.dropped()).isEqualTo(3);
    assertThat(takeAll()).containsExactly(2, 3, 5, 6);
  }

  @Test
  void manySmallFramesAreTakenTogether() throws Exception {
    for (int i = 0; i < 5; i++) {
      add(i, 1000);
    }
    assertThat(take()).containsExactly(0, 1, 2, 3, 4);
    assertThat(take()).isEmpty();
  }

  @Test
  void noMoreAreTakenThanTheServerQueuesUntilItHasReadThem() throws Exception {
    byte[] batch = new byte[50 * 100];
    for (int i = 0; i < 50; i++) {
      System.arraycopy(frame(i, 63), 0, batch, i * 100, 100);
    }
    output.frames(MemorySegment.ofArray(batch), 0, batch.length);
    int length = output.take(taken, () -> true);
    assertThat(output.take(new byte[DerpOutput.TAKEN_BYTES], () -> true)).isZero();
    assertThat(decode(length)).hasSize(SendWindow.QUEUED_FRAMES).startsWith(0, 1, 2);
    assertThat(take()).hasSize(SendWindow.QUEUED_FRAMES).startsWith(SendWindow.QUEUED_FRAMES);
    assertThat(take()).containsExactly(48, 49);
    assertThat(lastPing).isZero();
  }

  @Test
  void aServerThatAnswersNoPingGetsEverythingAllTheSame() throws Exception {
    for (int i = 0; i < 100; i++) {
      add(i, 10);
    }
    CompletableFuture<Integer> frames = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                int bytes = 0;
                while (bytes < 100 * 47) {
                  bytes += output.take(taken, () -> false);
                }
                frames.complete(bytes);
              } catch (InterruptedException e) {
                frames.completeExceptionally(e);
              }
            });
    assertThat(frames.get(60, TimeUnit.SECONDS)).isGreaterThanOrEqualTo(100 * 47);
  }

  @Test
  void anyFramesInAnyBatchesComeOutWholeAndInOrder() throws Exception {
    for (int seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      DerpOutput some = new DerpOutput(() -> 0);
      ByteArrayOutputStream in = new ByteArrayOutputStream();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (int i = 0; i < 300; i++) {
        if (random.nextInt(4) == 0) {
          ByteArrayOutputStream batch = new ByteArrayOutputStream();
          for (int j = random.nextInt(8); j >= 0; j--) {
            int length = random.nextInt(20) == 0 ? 16_000 : 1 + random.nextInt(1400);
            byte[] packet = new byte[length];
            random.nextBytes(packet);
            byte[] frame = frame(0, length);
            System.arraycopy(packet, 0, frame, DerpFrames.PACKET_HEADER_LENGTH, length);
            batch.writeBytes(frame);
          }
          byte[] bytes = batch.toByteArray();
          some.frames(MemorySegment.ofArray(bytes), 0, bytes.length);
          in.writeBytes(bytes);
        } else {
          drain(some, out);
        }
      }
      while (drain(some, out)) {
        // until it is empty
      }
      assertThat(some.dropped()).isZero();
      assertThat(out.toByteArray()).isEqualTo(in.toByteArray());
    }
  }

  /** One take, its pings left out and answered. */
  private boolean drain(DerpOutput from, ByteArrayOutputStream out) throws Exception {
    int length = from.take(taken, () -> true);
    int at = 0;
    while (at < length) {
      int frame = DerpFrames.HEADER_LENGTH + ByteBuffer.wrap(taken).getInt(at + 1);
      if (taken[at] == DerpFrames.PING) {
        from.pong(taken, at + DerpFrames.HEADER_LENGTH);
      } else {
        out.write(taken, at, frame);
      }
      at += frame;
    }
    return length > 0;
  }

  @Test
  void controlFramesGoFirstAndAreNotDropped() throws Exception {
    output.control(DerpFrames.notePreferred(true));
    for (int i = 0; i < 20; i++) {
      add(i, 60_000);
    }
    assertThat(output.take(taken, () -> true)).isPositive();
    assertThat(taken).startsWith(DerpFrames.notePreferred(true));
    assertThat(output.take(taken, () -> true)).isPositive();
    assertThat(taken[0]).isEqualTo((byte) DerpFrames.SEND_PACKET);
  }

  @Test
  void theLongestPacketPasses() throws Exception {
    for (int i = 0; i < 1000; i++) {
      output.control(DerpFrames.notePreferred(true));
    }
    byte[] packet = new byte[DerpFrames.MAX_PACKET_LENGTH];
    output.packet(KEY, MemorySegment.ofArray(packet), 0, packet.length);
    assertThat(take()).hasSize(1);
    assertThat(take()).isEmpty();
  }

  @Test
  void whatWaitedForALostConnectionIsForgotten() throws Exception {
    add(1, 100);
    output.control(new byte[1]);
    output.clear();
    assertThat(take()).isEmpty();
    add(2, 100);
    assertThat(take()).containsExactly(2);
  }

  @Test
  void moreThanAnyFrameIsRefused() {
    assertThatThrownBy(() -> add(1, 200_000)).isInstanceOf(IllegalArgumentException.class);
  }
}
