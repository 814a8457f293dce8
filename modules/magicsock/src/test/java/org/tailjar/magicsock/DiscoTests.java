package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;

class DiscoTests {

  private static final TransactionId ID = new TransactionId(0x0102030405060708L, 0x090a0b0c);
  private static final NodePublicKey NODE = NodePrivateKey.generate().publicKey();

  private static String hex(Disco message) {
    return HexFormat.of().formatHex(message.encode());
  }

  private static Disco parse(String hex) {
    return Disco.parse(HexFormat.of().parseHex(hex));
  }

  @Test
  void aPingWithoutKeyIsAsTheOthersWriteIt() {
    Disco.Ping ping = new Disco.Ping(ID, null);
    assertThat(hex(ping)).isEqualTo("01000102030405060708090a0b0c");
    assertThat(parse(hex(ping))).isEqualTo(ping);
  }

  @Test
  void aPingWithKeyAndPaddingIsRead() {
    Disco.Ping ping = new Disco.Ping(ID, NODE);
    assertThat(hex(ping)).hasSize(2 * 46);
    assertThat(parse(hex(ping) + "00".repeat(500))).isEqualTo(ping);
  }

  @Test
  void aPongIsAsTheOthersWriteIt() {
    Disco.Pong pong = new Disco.Pong(ID, new InetSocketAddress("2.3.4.5", 1234));
    assertThat(hex(pong))
        .isEqualTo("02000102030405060708090a0b0c" + "00".repeat(10) + "ffff0203040504d2");
    assertThat(parse(hex(pong))).isEqualTo(pong);
  }

  @Test
  void aCallMeMaybeIsAsTheOthersWriteIt() {
    Disco.CallMeMaybe call =
        new Disco.CallMeMaybe(
            List.of(
                new InetSocketAddress("1.2.3.4", 567), new InetSocketAddress("2001::3456", 789)));
    assertThat(hex(call))
        .isEqualTo(
            "0300" + "00".repeat(10) + "ffff010203040237" + "2001" + "00".repeat(12) + "34560315");
    assertThat(parse(hex(call))).isEqualTo(call);
  }

  @Test
  void unknownTypesAreIgnored() {
    for (int type = 0; type < 256; type++) {
      byte[] message = new byte[100];
      message[0] = (byte) type;
      assertThat(Disco.parse(message) == null).isEqualTo(type == 0 || type > 3);
    }
  }

  @Test
  void aLaterVersionWithMoreBytesIsRead() {
    assertThat(parse("01070102030405060708090a0b0c")).isEqualTo(new Disco.Ping(ID, null));
  }

  @Test
  void aListOfEndpointsIsBounded() {
    byte[] call = new byte[2 + 18 * 1000];
    call[0] = 3;
    assertThat(((Disco.CallMeMaybe) Disco.parse(call)).endpoints()).hasSize(Disco.MAX_ENDPOINTS);
  }

  @Test
  void noBytesMakeTheParserFail() {
    Random random = new Random(2);
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = new byte[random.nextInt(80)];
      random.nextBytes(bytes);
      if (bytes.length > 0) {
        bytes[0] = (byte) random.nextInt(5);
      }
      Disco message = Disco.parse(bytes);
      if (message instanceof Disco.Pong pong) {
        assertThat(pong.source().getPort()).isBetween(0, 65535);
      }
    }
  }

  @Test
  void aSealedMessageIsOpenedByThePeerAlone() {
    DiscoPrivateKey a = DiscoPrivateKey.generate();
    DiscoPrivateKey b = DiscoPrivateKey.generate();
    DiscoPrivateKey c = DiscoPrivateKey.generate();
    byte[] packet = new DiscoBox(a, b.publicKey()).seal(new Disco.Ping(ID, NODE));
    // The size of a heartbeat on the wire.
    assertThat(packet).hasSize(124);
    assertThat(DiscoBox.sender(packet)).isEqualTo(a.publicKey());
    assertThat(new DiscoBox(b, a.publicKey()).open(packet)).isEqualTo(new Disco.Ping(ID, NODE));
    assertThat(new DiscoBox(c, a.publicKey()).open(packet)).isNull();
  }

  @Test
  void aKeyOfLowOrderOpensNothingAndIsNoError() {
    byte[] packet =
        new DiscoBox(DiscoPrivateKey.generate(), DiscoPrivateKey.generate().publicKey())
            .seal(new Disco.Ping(ID, NODE));
    byte[] one = new byte[32];
    one[0] = 1;
    DiscoBox box = new DiscoBox(DiscoPrivateKey.generate(), DiscoPublicKey.of(one));

    assertThat(box.open(packet)).isNull();
    assertThat(box.open(box.seal(new Disco.Ping(ID, NODE)))).isNotNull();
  }

  @Test
  void bothKeysOfThisNodeServeUntilThePeerIsHeardToUseThePresentOne() {
    DiscoPrivateKey former = DiscoPrivateKey.generate();
    DiscoPrivateKey present = DiscoPrivateKey.generate();
    DiscoPrivateKey peer = DiscoPrivateKey.generate();
    Disco message = new Disco.Ping(ID, NODE);
    DiscoBox toFormer = new DiscoBox(peer, former.publicKey());
    DiscoBox toPresent = new DiscoBox(peer, present.publicKey());
    DiscoBoxes boxes = new DiscoBoxes(present, former, peer.publicKey());

    assertThat(boxes.seal(message))
        .extracting(DiscoBox::sender)
        .containsExactly(present.publicKey(), former.publicKey());
    assertThat(boxes.open(toFormer.seal(message))).isEqualTo(message);
    assertThat(DiscoBox.sender(boxes.sealAnswer(message))).isEqualTo(former.publicKey());
    assertThat(boxes.seal(message)).hasSize(2);

    assertThat(boxes.open(toPresent.seal(message))).isEqualTo(message);
    assertThat(DiscoBox.sender(boxes.sealAnswer(message))).isEqualTo(present.publicKey());
    assertThat(boxes.seal(message))
        .extracting(DiscoBox::sender)
        .containsExactly(present.publicKey());
    assertThat(boxes.open(toFormer.seal(message))).isNull();
  }

  @Test
  void everyForgeryAndTruncationIsRefused() {
    DiscoPrivateKey a = DiscoPrivateKey.generate();
    DiscoPrivateKey b = DiscoPrivateKey.generate();
    byte[] packet = new DiscoBox(a, b.publicKey()).seal(new Disco.Ping(ID, null));
    DiscoBox box = new DiscoBox(b, a.publicKey());
    for (int i = 38; i < packet.length; i++) {
      byte[] forged = packet.clone();
      forged[i] ^= 1;
      assertThat(box.open(forged)).isNull();
    }
    for (int length = 0; length < packet.length; length++) {
      assertThat(box.open(Arrays.copyOf(packet, length))).isNull();
    }
  }

  @Test
  void whatLacksTheMagicHasNoSender() {
    assertThat(DiscoBox.sender(new byte[124])).isNull();
    assertThat(DiscoBox.sender(DiscoBox.MAGIC)).isNull();
  }
}
