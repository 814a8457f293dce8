package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a sender makes of errors that this kernel cannot be brought to. */
class UdpSenderTests {

  private static final UdpAddress TO = UdpAddress.of(0, 0x0000_ffff_7f00_0001L, 9);
  private static final int DATAGRAM = 100;

  private final MemorySegment data = Arena.ofAuto().allocate(65_536);
  private final Deque<Integer> errors = new ArrayDeque<>();

  /**
   * For each call, the bytes that it was to send; negative when they were to be cut in segments.
   */
  private final List<Long> calls = new ArrayList<>();

  private UdpSocket socket;

  @BeforeEach
  void open() throws LinuxException {
    socket = UdpSocket.bind(false, 0, 0);
  }

  @AfterEach
  void close() {
    socket.close();
  }

  @SuppressWarnings("restricted") // The kernel reads structures by their addresses.
  private int kernel(int descriptor, long message) {
    MemorySegment header = MemorySegment.ofAddress(message).reinterpret(56);
    long vector = header.get(ValueLayout.JAVA_LONG, 16);
    long length = MemorySegment.ofAddress(vector).reinterpret(16).get(ValueLayout.JAVA_LONG, 8);
    calls.add(header.get(ValueLayout.JAVA_LONG, 32) == 0 ? length : -length);
    return errors.isEmpty() ? 0 : errors.remove();
  }

  private UdpSender sender(Integer... answers) {
    errors.addAll(List.of(answers));
    return new UdpSender(socket, this::kernel);
  }

  private SendResult send(UdpSender sender, int datagrams) throws Exception {
    return sender.send(data, 0, datagrams * DATAGRAM, DATAGRAM, TO);
  }

  @Test
  void afterEioNothingIsSegmentedAnyMore() throws Exception {
    UdpSender first = sender(Errno.EIO);
    UdpSender second = sender();
    assertThat(send(first, 3)).isEqualTo(SendResult.SENT);
    assertThat(calls).containsExactly(-300L, 100L, 100L, 100L);
    assertThat(first.calls()).isEqualTo(3);
    calls.clear();
    assertThat(send(second, 2)).as("another thread's").isEqualTo(SendResult.SENT);
    assertThat(calls).containsExactly(100L, 100L);
    assertThat(socket.disableSegmentationOffload()).as("it is said once").isFalse();
  }

  @Test
  void whatIsTooLongForTheDeviceGoesOneByOneThisTime() throws Exception {
    UdpSender sender = sender(Errno.EMSGSIZE);
    assertThat(send(sender, 2)).isEqualTo(SendResult.SENT);
    assertThat(calls).containsExactly(-200L, 100L, 100L);
    assertThat(send(sender, 2)).isEqualTo(SendResult.SENT);
    assertThat(calls).hasSize(4).endsWith(-200L);
  }

  @Test
  void aDatagramThatIsTooLongCostsNoneOfTheOthers() throws Exception {
    UdpSender sender = sender(Errno.EMSGSIZE, Errno.EMSGSIZE);
    assertThat(send(sender, 3)).isEqualTo(SendResult.TOO_LONG);
    assertThat(calls).containsExactly(-300L, 100L, 100L, 100L);
    assertThat(sender.datagrams()).isEqualTo(2);
  }

  @Test
  void withoutBuffersTheBatchIsLostAndNothingElse() throws Exception {
    UdpSender sender = sender(Errno.ENOBUFS);
    assertThat(send(sender, 3)).isEqualTo(SendResult.FULL);
    assertThat(calls).containsExactly(-300L);
    assertThat(send(sender, 3)).isEqualTo(SendResult.SENT);
    assertThat(calls).containsExactly(-300L, -300L);
  }

  @Test
  void aFullQueueIsWaitedForOnceAndThenTheBatchIsLost() throws Exception {
    UdpSender sender = sender(Errno.EAGAIN);
    assertThat(send(sender, 3)).isEqualTo(SendResult.SENT);
    assertThat(calls).containsExactly(-300L, -300L);
    calls.clear();
    errors.addAll(List.of(Errno.EAGAIN, Errno.EAGAIN));
    assertThat(send(sender, 3)).isEqualTo(SendResult.FULL);
    assertThat(calls).containsExactly(-300L, -300L);
    assertThat(socket.segmentationOffload()).isTrue();
  }

  @Test
  void anErrorThatBelongsToAnEarlierDatagramIsNoneOfThisOne() throws Exception {
    assertThat(send(sender(Errno.ECONNREFUSED, Errno.EINTR), 2)).isEqualTo(SendResult.SENT);
    assertThat(calls).containsExactly(-200L, -200L, -200L);
  }
}
