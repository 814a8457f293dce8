package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.linux.ClosedDescriptorException;
import org.tailjar.linux.Errno;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.ReceivedFrom;
import org.tailjar.linux.SendResult;
import org.tailjar.linux.Steering;
import org.tailjar.linux.UdpAddress;
import org.tailjar.linux.UdpOffloads;
import org.tailjar.linux.UdpSocket;
import org.tailjar.packet.Batch;

@Timeout(30)
class UdpSocketsTests {

  @Test
  void aPortThatIsTakenInIpv6AloneIsReplacedInBothFamilies() throws IOException {
    try (UdpSocket taken = UdpSocket.bind(true, 0, 0);
        UdpSockets sockets = UdpSockets.open(taken.port(), 0, UdpOffloads.ALL, 1)) {
      assertThat(sockets.port()).isPositive().isNotEqualTo(taken.port());
      assertThat(sockets.hasIpv4()).isTrue();
      assertThat(sockets.hasIpv6()).isTrue();
    }
  }

  @Test
  void whoeverTakesTheIpv6PortInBetweenIsMadeWayFor() throws IOException {
    List<UdpSocket> rivals = new ArrayList<>();
    try (UdpSockets sockets =
        UdpSockets.open(
            0,
            0,
            (ipv6, port, mark) -> {
              if (ipv6 && rivals.size() < 2) {
                rivals.add(UdpSocket.bind(true, port, 0));
              }
              return UdpSocket.bind(ipv6, port, mark);
            })) {
      assertThat(rivals).hasSize(2).noneMatch(rival -> rival.port() == sockets.port());
      assertThat(sockets.hasIpv4() && sockets.hasIpv6()).isTrue();
    } finally {
      rivals.forEach(UdpSocket::close);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {Errno.EAFNOSUPPORT, Errno.EADDRNOTAVAIL})
  void aHostWithIpv4AloneWorks(int errno) throws IOException {
    try (UdpSockets sockets =
        UdpSockets.open(
            0,
            0,
            (ipv6, port, mark) -> {
              if (ipv6) {
                throw new LinuxException(errno, "bind");
              }
              return UdpSocket.bind(false, port, mark);
            })) {
      assertThat(sockets.hasIpv4()).isTrue();
      assertThat(sockets.hasIpv6()).isFalse();
      assertThat(sockets.port()).isPositive();
    }
  }

  /** None that is made for sharing is left behind, nor is the port left open to others. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whereOneFamilyCannotBeSharedOutThereIsOneQueue(boolean fails) throws IOException {
    List<UdpSocket> made = new ArrayList<>();
    MemorySegment memory = Arena.ofAuto().allocate(65_536);
    try (UdpSockets sockets =
            UdpSockets.open(
                0,
                0,
                UdpSocket::bind,
                3,
                (first, count) -> {
                  if (first.isIpv6() && fails) {
                    throw new LinuxException(Errno.ENOBUFS, "socket");
                  }
                  if (first.isIpv6()) {
                    return List.of();
                  }
                  made.addAll(first.more(count, 0, UdpOffloads.ALL, new Steering(0x0400_0000, 4)));
                  return made;
                });
        DatagramChannel rival = DatagramChannel.open(StandardProtocolFamily.INET)) {
      assertThat(sockets.queues()).hasSize(1);
      for (UdpSocket socket : made) {
        assertThatThrownBy(() -> socket.receive(memory, new ReceivedFrom()))
            .isInstanceOf(ClosedDescriptorException.class);
      }
      rival.setOption(StandardSocketOptions.SO_REUSEPORT, true);
      InetSocketAddress port = new InetSocketAddress("0.0.0.0", sockets.port());
      assertThatThrownBy(() -> rival.bind(port)).isInstanceOf(BindException.class);
    }
  }

  @Test
  void aHostWithoutUdpIsToldSo() {
    assertThatThrownBy(
            () ->
                UdpSockets.open(
                    0,
                    0,
                    (_, _, _) -> {
                      throw new LinuxException(Errno.EAFNOSUPPORT, "bind");
                    }))
        .isInstanceOf(LinuxException.class);
  }

  @Test
  void aKernelWithoutRoomIsSaidOnceAndSoIsItsEnd() throws IOException {
    AtomicLong now = new AtomicLong();
    List<String> lines = new ArrayList<>();
    AtomicReference<SendResult> answer = new AtomicReference<>(SendResult.FULL);
    SendRoom room = new SendRoom(now::get, (level, line) -> lines.add(level + " " + line));
    try (Arena arena = Arena.ofConfined();
        UdpSocket receiver = UdpSocket.bind(false, 0, 0);
        UdpSockets sockets =
            UdpSockets.open(
                0,
                0,
                UdpSocket::bind,
                (by, memory, length, datagramLength, to) ->
                    answer.get() == SendResult.SENT
                        ? by.send(memory, 0, length, datagramLength, to)
                        : answer.get(),
                room)) {
      UdpAddress to = UdpAddress.of(new InetSocketAddress("127.0.0.1", receiver.port()));
      Batch batch = new Batch(arena);
      batch.clear(new UdpPath(to));
      for (int i = 0; i < 40; i++) {
        batch.append(1000);
      }
      for (int seconds = 0; seconds < 60; seconds++) {
        assertThat(sockets.send(to, batch)).isEqualTo(SendResult.FULL);
        assertThat(sockets.send(to, new byte[100])).isEqualTo(SendResult.FULL);
        now.addAndGet(1_000_000_000L);
      }
      answer.set(SendResult.SENT);
      assertThat(sockets.send(to, new byte[100])).isEqualTo(SendResult.SENT);
      assertThat(lines).singleElement().asString().startsWith("WARNING the kernel has no room");
      answer.set(SendResult.UNREACHABLE);
      now.addAndGet(SendRoom.GOOD.toNanos());
      sockets.send(to, batch);
      assertThat(lines).as("no route says nothing about room").hasSize(1);
      answer.set(SendResult.SENT);
      assertThat(sockets.send(to, batch)).isEqualTo(SendResult.SENT);
      assertThat(lines)
          .hasSize(2)
          .last()
          .asString()
          .isEqualTo(
              "INFO the kernel has room again for what is sent by UDP: 2460 packets were lost in"
                  + " 59 s");
      assertThat(sockets.notSent()).isEqualTo(121);
    }
  }
}
