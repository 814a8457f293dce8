package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tailjar.crypto.DiscoPrivateKey;

class DatagramsTests {

  private static Datagrams.Kind kind(byte[] bytes) {
    return Datagrams.kind(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  @Test
  void wireGuardIsAByteFromOneToFourAndThreeZeros() {
    for (int type = 0; type < 256; type++) {
      byte[] message = new byte[32];
      message[0] = (byte) type;
      assertThat(kind(message) == Datagrams.Kind.WIREGUARD).isEqualTo(type >= 1 && type <= 4);
      message[2] = 1;
      assertThat(kind(message)).isNotEqualTo(Datagrams.Kind.WIREGUARD);
    }
    assertThat(kind(new byte[] {4, 0, 0, 0})).isEqualTo(Datagrams.Kind.UNKNOWN);
  }

  @Test
  void aWireGuardMessageWithStunsCookieInItIsWireGuard() {
    byte[] message = new byte[32];
    message[0] = 4;
    message[4] = 0x21;
    message[5] = 0x12;
    message[6] = (byte) 0xa4;
    message[7] = 0x42;
    assertThat(kind(message)).isEqualTo(Datagrams.Kind.WIREGUARD);
    message[0] = 1;
    message[1] = 1;
    assertThat(kind(message)).isEqualTo(Datagrams.Kind.STUN);
  }

  @Test
  void discoIsKnownByItsMagic() {
    byte[] packet =
        new DiscoBox(DiscoPrivateKey.generate(), DiscoPrivateKey.generate().publicKey())
            .seal(new Disco.Ping(new TransactionId(1, 2), null));
    assertThat(kind(packet)).isEqualTo(Datagrams.Kind.DISCO);
    packet[5] ^= 1;
    assertThat(kind(packet)).isEqualTo(Datagrams.Kind.UNKNOWN);
  }

  @Test
  void noLengthReadsBeyondTheDatagram() {
    Random random = new Random(6);
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      assertThat(kind(bytes)).isNotNull();
    }
  }
}
