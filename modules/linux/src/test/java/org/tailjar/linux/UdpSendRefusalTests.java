package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the kernel refuses is lost like a packet on the way; the socket goes on. */
class UdpSendRefusalTests {

  private static final UdpAddress NOWHERE = ipv4(0x0a01_0203, 9);
  private static final UdpAddress BROADCAST = ipv4(0xffff_ffffL, 9);

  private final MemorySegment data = Arena.ofAuto().allocate(65_536);

  private static UdpAddress ipv4(long address, int port) {
    return UdpAddress.of(0, 0x0000_ffff_0000_0000L | address, port);
  }

  @Test
  void aRefusedDatagramLeavesTheSocketAsItWas() throws Exception {
    OwnNamespace.run(
        () -> {
          try (UdpSocket socket = UdpSocket.bind(false, 0, 0);
              UdpSocket receiver = UdpSocket.bind(false, 0, 0)) {
            UdpSender sender = socket.sender();
            UdpAddress good = ipv4(0x7f00_0001, receiver.port());
            // ENETUNREACH: there is no route.
            assertThat(sender.send(data, 0, 100, 100, NOWHERE)).isEqualTo(SendResult.UNREACHABLE);
            assertThat(sender.send(data, 0, 1000, 100, NOWHERE)).isEqualTo(SendResult.UNREACHABLE);
            assertThat(sender.send(data, 0, 100, 100, good)).isEqualTo(SendResult.SENT);
            // EACCES: broadcasts are not allowed.
            assertThat(sender.send(data, 0, 100, 100, BROADCAST)).isEqualTo(SendResult.UNREACHABLE);
            assertThat(sender.send(data, 0, 100, 100, good)).isEqualTo(SendResult.SENT);
            assertThat(sender.send(data, 0, 1000, 100, good)).isEqualTo(SendResult.SENT);
            assertThat(socket.descriptor().isClosed()).isFalse();
            ReceivedFrom from = new ReceivedFrom();
            int received = 0;
            int bytes;
            while ((bytes = receiver.receive(data, from)) > 0) {
              received += bytes;
            }
            assertThat(received).isEqualTo(1200);
          }
        });
  }

  @ParameterizedTest
  @CsvSource({
    "105, FULL", // ENOBUFS
    "11, FULL", // EAGAIN
    "12, FULL", // ENOMEM
    "90, TOO_LONG", // EMSGSIZE
    "1, UNREACHABLE", // EPERM: a firewall
    "13, UNREACHABLE", // EACCES
    "100, UNREACHABLE", // ENETDOWN
    "101, UNREACHABLE", // ENETUNREACH
    "113, UNREACHABLE", // EHOSTUNREACH
    "99, UNREACHABLE", // EADDRNOTAVAIL
    "19, UNREACHABLE" // ENODEV
  })
  void eachErrorOfANetworkIsALossAndNoEnd(int errno, SendResult result) throws Exception {
    assertThat(UdpSender.result(errno)).isEqualTo(result);
  }

  @Test
  void aSocketThatIsNoneIsAnEnd() {
    assertThatThrownBy(() -> UdpSender.result(Errno.EBADF)).isInstanceOf(LinuxException.class);
  }
}
