package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.linux.Errno;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.UdpOffloads;
import org.tailjar.linux.UdpSocket;

@Timeout(30)
class UdpSocketsTests {

  @Test
  void aPortThatIsTakenInIpv6AloneIsReplacedInBothFamilies() throws IOException {
    try (UdpSocket taken = UdpSocket.bind(true, 0, 0);
        UdpSockets sockets = UdpSockets.open(taken.port(), 0, UdpOffloads.ALL)) {
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
}
