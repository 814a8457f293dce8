package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tailjar.packet.IpPrefix;

class UdpSocketTests {

  private static final long MINUTE = 60_000_000_000L;

  private final MemorySegment out = Arena.ofAuto().allocate(65_536);
  private final MemorySegment in = Arena.ofAuto().allocate(65_536);
  private final ReceivedFrom from = new ReceivedFrom();

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void datagramsOfOneSendArriveEachAsItWas(boolean segmentation, boolean receive) throws Exception {
    for (boolean ipv6 : new boolean[] {false, true}) {
      UdpOffloads offloads = new UdpOffloads(segmentation, receive);
      try (UdpSocket sender = UdpSocket.bind(ipv6, 0, 0, offloads);
          UdpSocket receiver = UdpSocket.bind(ipv6, 0, 0, offloads)) {
        int length = 9 * 1400 + 33;
        for (int i = 0; i < length; i++) {
          out.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31 + i / 1400));
        }
        SendResult result = sender.sender().send(out, 0, length, 1400, loopback(receiver));
        assertThat(result).isEqualTo(SendResult.SENT);
        int total = 0;
        int datagrams = 0;
        boolean merged = false;
        while (total < length) {
          int received = await(receiver);
          assertThat(from.port()).isEqualTo(sender.port());
          assertThat(IpPrefix.text(from.high(), from.low())).isEqualTo(ipv6 ? "::1" : "127.0.0.1");
          merged |= received > from.datagramLength();
          datagrams += (received + from.datagramLength() - 1) / from.datagramLength();
          assertThat(in.asSlice(0, received).mismatch(out.asSlice(total, received))).isEqualTo(-1);
          total += received;
        }
        assertThat(total).isEqualTo(length);
        assertThat(datagrams).isEqualTo(10);
        assertThat(merged && !receive).as("several in one receive").isFalse();
        assertThat(sender.segmentationOffload() && !segmentation).isFalse();
        assertThat(receiver.receive(in, from)).isEqualTo(-1);
      }
    }
  }

  @Test
  void withOffloadManyDatagramsTakeOneCallEachWay() throws Exception {
    try (UdpSocket sender = UdpSocket.bind(false, 0, 0);
        UdpSocket receiver = UdpSocket.bind(false, 0, 0)) {
      assumeTrue(
          sender.segmentationOffload() && receiver.receiveOffload(),
          "needs a kernel with UDP_SEGMENT and UDP_GRO");
      UdpSender own = sender.sender();
      assertThat(own.send(out, 0, 40 * 1300, 1300, loopback(receiver))).isEqualTo(SendResult.SENT);
      assertThat(own.calls()).isEqualTo(1);
      assertThat(own.datagrams()).isEqualTo(40);
      assertThat(await(receiver)).isEqualTo(40 * 1300);
      assertThat(from.datagramLength()).isEqualTo(1300);
    }
  }

  @Test
  void datagramsLongerThanTheDeviceTakesArriveAllTheSame() throws Exception {
    OwnNamespace.run(
        () -> {
          try (Netlink netlink = Netlink.open();
              UdpSocket sender = UdpSocket.bind(false, 0, 0);
              UdpSocket receiver = UdpSocket.bind(false, 0, 0)) {
            netlink.setMtu(1, 1280);
            int total = 0;
            assertThat(sender.sender().send(out, 0, 3 * 1452, 1452, loopback(receiver)))
                .isEqualTo(SendResult.SENT);
            while (total < 3 * 1452) {
              total += await(receiver);
            }
            assertThat(total).isEqualTo(3 * 1452);
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"false, 2", "false, 3", "true, 4"})
  void eachDatagramComesToTheSocketThatAByteOfItNames(boolean ipv6, int sockets) throws Exception {
    try (UdpSocket sender = UdpSocket.bind(ipv6, 0, 0);
        UdpSocket first = UdpSocket.bind(ipv6, 0, 0)) {
      List<UdpSocket> all = new ArrayList<>(List.of(first));
      all.addAll(first.more(sockets - 1, 0, UdpOffloads.ALL, new Steering(0x0400_0000, 4)));
      assumeTrue(all.size() == sockets, "needs a kernel with SO_ATTACH_REUSEPORT_CBPF");
      try {
        for (int value = 0; value < 256; value++) {
          out.set(ValueLayout.JAVA_INT, 0, 4);
          out.set(ValueLayout.JAVA_BYTE, 4, (byte) value);
          send(sender, first, 32);
          await(all.get(value % sockets));
          assertThat(in.get(ValueLayout.JAVA_BYTE, 4)).isEqualTo((byte) value);
        }
        for (int length : new int[] {1, 3, 4, 32}) {
          out.set(ValueLayout.JAVA_INT, 0, length == 4 ? 4 : 1);
          send(sender, first, length);
          assertThat(await(first)).isEqualTo(length);
        }
        // Many in one send stay together, as they go to the same.
        for (int i = 0; i < 40; i++) {
          out.set(ValueLayout.JAVA_INT, i * 1300, 4);
          out.set(ValueLayout.JAVA_BYTE, i * 1300 + 4, (byte) (sockets - 1));
        }
        sender.sender().send(out, 0, 40 * 1300, 1300, loopback(first));
        int received = 0;
        while (received < 40 * 1300) {
          received += await(all.getLast());
        }
        for (UdpSocket socket : all) {
          assertThat(socket.port()).isEqualTo(first.port());
          assertThat(socket.receive(in, from)).isEqualTo(-1);
        }
        assertThatThrownBy(() -> UdpSocket.bind(ipv6, first.port(), 0))
            .as("the port is still taken for others")
            .asInstanceOf(type(LinuxException.class))
            .returns(Errno.EADDRINUSE, LinuxException::errno);
      } finally {
        all.forEach(UdpSocket::close);
      }
    }
  }

  private void send(UdpSocket from, UdpSocket to, int length) throws Exception {
    assertThat(from.sender().send(out, 0, length, length, loopback(to))).isEqualTo(SendResult.SENT);
  }

  @Test
  void aPortThatIsTakenIsToldApart() throws Exception {
    try (UdpSocket first = UdpSocket.bind(false, 0, 0)) {
      assertThatThrownBy(() -> UdpSocket.bind(false, first.port(), 0))
          .asInstanceOf(type(LinuxException.class))
          .returns(Errno.EADDRINUSE, LinuxException::errno);
      try (UdpSocket ipv6 = UdpSocket.bind(true, first.port(), 0)) {
        assertThat(ipv6.port()).isEqualTo(first.port());
      }
    }
  }

  @Test
  void aPortWithoutListenerIsNoError() throws Exception {
    try (UdpSocket sender = UdpSocket.bind(false, 0, 0)) {
      UdpAddress nobody = UdpAddress.of(new InetSocketAddress("127.0.0.1", 9));
      for (int i = 0; i < 3; i++) {
        assertThat(sender.sender().send(out, 0, 10, 10, nobody)).isEqualTo(SendResult.SENT);
        assertThat(sender.receive(in, from)).isLessThanOrEqualTo(0);
      }
    }
  }

  @Test
  void anAddressWithoutRouteIsReportedAsUnreachable() throws Exception {
    OwnNamespace.run(
        () -> {
          try (UdpSocket sender = UdpSocket.bind(false, 0, 0)) {
            UdpAddress far = UdpAddress.of(new InetSocketAddress("192.0.2.1", 9));
            assertThat(sender.sender().send(out, 0, 2800, 1400, far))
                .isEqualTo(SendResult.UNREACHABLE);
            UdpAddress portless = UdpAddress.of(new InetSocketAddress("127.0.0.1", 0));
            assertThat(sender.sender().send(out, 0, 10, 10, portless))
                .isEqualTo(SendResult.UNREACHABLE);
            assertThat(sender.segmentationOffload()).isTrue();
          }
        });
  }

  @Test
  void aMarkedSocketGoesByTheRuleForItsMark() throws Exception {
    OwnNamespace.run(
        () -> {
          try (Netlink netlink = Netlink.open()) {
            IpRule refuse = new IpRule(false, 100, SocketMark.BYPASS, SocketMark.MASK, 0);
            netlink.addAddress(1, LinkAddress.of(IpPrefix.parse("10.9.8.7/32")));
            IpRoute route = new IpRoute(IpPrefix.parse("10.1.0.0/16"), 254, IpRoute.Action.LINK, 1);
            netlink.addRoute(route);
            netlink.addRule(refuse);
            UdpAddress to = UdpAddress.of(new InetSocketAddress("10.1.2.3", 9));
            try (UdpSocket plain = UdpSocket.bind(false, 0, 0);
                UdpSocket marked = UdpSocket.bind(false, 0, SocketMark.BYPASS)) {
              assertThat(marked.isMarked()).isTrue();
              assertThat(plain.sender().send(out, 0, 10, 10, to)).isEqualTo(SendResult.SENT);
              assertThat(marked.sender().send(out, 0, 10, 10, to))
                  .isEqualTo(SendResult.UNREACHABLE);
            }
          }
        });
  }

  @Test
  void anEmptyDatagramIsIgnored() throws Exception {
    try (UdpSocket receiver = UdpSocket.bind(false, 0, 0);
        java.net.DatagramSocket sender = new java.net.DatagramSocket()) {
      sender.send(
          new java.net.DatagramPacket(
              new byte[0], 0, new InetSocketAddress("127.0.0.1", receiver.port())));
      new Poll(receiver.descriptor()).await(MINUTE);
      assertThat(receiver.receive(in, from)).isZero();
      assertThat(receiver.receive(in, from)).isEqualTo(-1);
    }
  }

  @Test
  void aClosedSocketRefusesWork() throws Exception {
    UdpSocket socket = UdpSocket.bind(false, 0, 0);
    UdpSender sender = socket.sender();
    UdpAddress self = loopback(socket);
    socket.close();
    socket.close();
    assertThatThrownBy(() -> socket.receive(in, from))
        .isInstanceOf(ClosedDescriptorException.class);
    assertThatThrownBy(() -> sender.send(out, 0, 10, 10, self))
        .isInstanceOf(ClosedDescriptorException.class);
  }

  @Test
  void memoryOutsideTheBufferIsNeverSent() throws Exception {
    try (UdpSocket socket = UdpSocket.bind(false, 0, 0)) {
      UdpSender sender = socket.sender();
      UdpAddress self = loopback(socket);
      assertThatThrownBy(() -> sender.send(out, 65_500, 100, 100, self))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> sender.send(MemorySegment.ofArray(new byte[10]), 0, 10, 10, self))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private int await(UdpSocket socket) throws Exception {
    Poll poll = new Poll(socket.descriptor());
    int received = socket.receive(in, from);
    while (received < 0) {
      assertThat(poll.await(MINUTE)).as("readable within a minute").isEqualTo(1);
      received = socket.receive(in, from);
    }
    return received;
  }

  private static UdpAddress loopback(UdpSocket socket) {
    String ip = socket.isIpv6() ? "::1" : "127.0.0.1";
    return UdpAddress.of(new InetSocketAddress(ip, socket.port()));
  }
}
