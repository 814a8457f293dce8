package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NetlinkReplyTests {

  @Test
  void aMessageIsReadAsItWasWritten() {
    byte[] bytes =
        new NetlinkMessage(16, NetlinkMessage.ACKNOWLEDGE)
            .putInt(7)
            .attribute(3, "lo")
            .attribute(4, 1280)
            .attribute(9, new byte[] {1, 2, 3})
            .bytes(42);
    assertThat(bytes.length % 4).isZero();
    NetlinkReply reply = NetlinkReply.parse(bytes, bytes.length).getFirst();
    assertThat(reply.type()).isEqualTo(16);
    assertThat(reply.sequence()).isEqualTo(42);
    assertThat(reply.body().getInt(0)).isEqualTo(7);
    assertThat(NetlinkReply.string(reply.attributes(4).get(3))).isEqualTo("lo");
    assertThat(NetlinkReply.integer(reply.attributes(4).get(4), 0)).isEqualTo(1280);
    assertThat(reply.attributes(4).get(9)).containsExactly(1, 2, 3);
    assertThat(NetlinkReply.integer(reply.attributes(4).get(5), -1)).isEqualTo(-1);
  }

  @Test
  void severalMessagesInOneDatagramAreAllRead() {
    byte[] one = new NetlinkMessage(16, 0).attribute(1, new byte[5]).bytes(1);
    byte[] two = new NetlinkMessage(17, 0).bytes(1);
    ByteBuffer both = ByteBuffer.allocate(one.length + two.length).put(one).put(two);
    assertThat(NetlinkReply.parse(both.array(), both.capacity()))
        .extracting(NetlinkReply::type)
        .containsExactly(16, 17);
  }

  @Test
  void anImpossibleLengthIsRefused() {
    byte[] bytes = new NetlinkMessage(16, 0).bytes(1);
    for (int length : new int[] {0, 15, 17, -1, Integer.MAX_VALUE}) {
      ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putInt(0, length);
      assertThatThrownBy(() -> NetlinkReply.parse(bytes, bytes.length))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void anyBodyIsReadWithinItsBounds() {
    Random random = new Random(9);
    for (int round = 0; round < 100_000; round++) {
      byte[] bytes = new byte[16 + random.nextInt(60)];
      random.nextBytes(bytes);
      ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
      header.putInt(0, bytes.length).putShort(6, (short) (random.nextInt(4) << 8));
      if (bytes.length > 24) {
        header.putInt(20, random.nextInt(80));
        header.putShort(16 + 4, (short) random.nextInt(20));
      }
      List<NetlinkReply> replies = NetlinkReply.parse(bytes, bytes.length);
      assertThat(replies).hasSize(1);
      NetlinkReply reply = replies.getFirst();
      assertThat(reply.attributes(4)).isNotNull();
      assertThat(reply.errorText()).isNotNull();
      assertThat(reply.errno()).isBetween(Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
  }
}
