package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;
import org.tailjar.packet.IpPrefix;

class SocketMarkTests {

  @Test
  void theTestsRunWithTheDescriptorsOfChannelsInSight() {
    assertThat(SocketMark.isSupported()).isTrue();
  }

  @Test
  void markedChannelsGoByTheRuleForTheirMark() throws Exception {
    OwnNamespace.run(
        () -> {
          try (Netlink netlink = Netlink.open()) {
            netlink.addRoute(
                new IpRoute(IpPrefix.parse("10.1.0.0/16"), 254, IpRoute.Action.LINK, 1));
            netlink.addAddress(1, LinkAddress.of(IpPrefix.parse("10.9.8.7/32")));
            netlink.addRule(new IpRule(false, 100, SocketMark.BYPASS, SocketMark.MASK, 0));
          }
          InetSocketAddress far = new InetSocketAddress("10.1.2.3", 9);
          try (DatagramChannel plain = DatagramChannel.open();
              DatagramChannel marked = DatagramChannel.open()) {
            assertThat(SocketMark.apply(marked, SocketMark.BYPASS)).isTrue();
            assertThat(plain.send(ByteBuffer.allocate(3), far)).isEqualTo(3);
            assertThatThrownBy(() -> marked.send(ByteBuffer.allocate(3), far))
                .isInstanceOf(IOException.class);
          }
          try (ServerSocketChannel server = ServerSocketChannel.open();
              SocketChannel plain = SocketChannel.open();
              SocketChannel marked = SocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getByName("10.9.8.7"), 0));
            assertThat(SocketMark.apply(marked, SocketMark.BYPASS)).isTrue();
            assertThat(plain.connect(server.getLocalAddress())).isTrue();
            assertThatThrownBy(() -> marked.connect(far)).isInstanceOf(IOException.class);
          }
        });
  }

  @Test
  void aClosedChannelIsNotMarked() throws Exception {
    SocketChannel channel = SocketChannel.open();
    channel.close();
    assertThat(SocketMark.apply(channel, SocketMark.BYPASS)).isFalse();
  }
}
