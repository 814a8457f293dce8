package org.tailjar.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class Poly1305Tests {

  private static final HexFormat HEX = HexFormat.of();
  private static final BigInteger PRIME =
      BigInteger.ONE.shiftLeft(130).subtract(BigInteger.valueOf(5));

  static Stream<Poly1305> implementations() {
    return Stream.of(new ScalarPoly1305(), new JdkPoly1305());
  }

  /** RFC 8439 A.3, those of whole blocks: key, message, tag. */
  @ParameterizedTest
  @MethodSource("implementations")
  void publishedTagsAreComputed(Poly1305 poly1305) {
    String[][] examples = {
      {"00".repeat(32), "00".repeat(64), "00".repeat(16)},
      {"02" + "00".repeat(31), "ff".repeat(16), "03" + "00".repeat(15)},
      {"02" + "00".repeat(15) + "ff".repeat(16), "02" + "00".repeat(15), "03" + "00".repeat(15)},
      {
        "01" + "00".repeat(31),
        "ff".repeat(16) + "f0" + "ff".repeat(15) + "11" + "00".repeat(15),
        "05" + "00".repeat(15)
      },
      {
        "01" + "00".repeat(31),
        "ff".repeat(16) + "fb" + "fe".repeat(15) + "01".repeat(16),
        "00".repeat(16)
      },
      {"02" + "00".repeat(31), "fd" + "ff".repeat(15), "fa" + "ff".repeat(15)},
      {
        "0100000000000000" + "0400000000000000" + "00".repeat(16),
        "e33594d7505e43b900000000000000003394d7505e4379cd0100000000000000"
            + "000000000000000000000000000000000100000000000000"
            + "0000000000000000",
        "14000000000000005500000000000000"
      },
      {
        "0100000000000000" + "0400000000000000" + "00".repeat(16),
        "e33594d7505e43b900000000000000003394d7505e4379cd0100000000000000"
            + "00000000000000000000000000000000",
        "13" + "00".repeat(15)
      }
    };
    for (String[] example : examples) {
      assertThat(HEX.formatHex(tag(poly1305, HEX.parseHex(example[0]), HEX.parseHex(example[1]))))
          .as(example[1])
          .isEqualTo(example[2]);
    }
  }

  @ParameterizedTest
  @MethodSource("implementations")
  void randomMessagesHaveTheTagOfTheDefinition(Poly1305 poly1305) {
    Random random = new Random(130);
    for (int i = 0; i < 3000; i++) {
      byte[] key = new byte[32];
      random.nextBytes(key);
      byte[] message = new byte[16 * random.nextInt(100)];
      random.nextBytes(message);
      assertThat(tag(poly1305, key, message)).isEqualTo(byDefinition(key, message));
    }
  }

  /** Carries overflow on rare numbers only, so the largest and smallest words are made common. */
  @ParameterizedTest
  @MethodSource("implementations")
  void extremeMessagesHaveTheTagOfTheDefinition(Poly1305 poly1305) {
    Random random = new Random(44);
    for (int i = 0; i < 3000; i++) {
      byte[] key = extreme(random, 32);
      byte[] message = extreme(random, 16 * random.nextInt(40));
      assertThat(tag(poly1305, key, message)).isEqualTo(byDefinition(key, message));
    }
  }

  private static byte[] extreme(Random random, int length) {
    byte[] bytes = new byte[length];
    for (int at = 0; at < length; ) {
      int end = Math.min(length, at + 1 + random.nextInt(16));
      byte value =
          switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> (byte) random.nextInt();
            default -> (byte) 0xff;
          };
      Arrays.fill(bytes, at, end, value);
      at = end;
    }
    return bytes;
  }

  private static byte[] tag(Poly1305 poly1305, byte[] key, byte[] message) {
    ByteBuffer words = ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN);
    long[] tag = new long[2];
    poly1305.start(words.getLong(0), words.getLong(8));
    poly1305.update(message, message.length);
    poly1305.finish(words.getLong(16), words.getLong(24), tag);
    return ByteBuffer.allocate(16)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(tag[0])
        .putLong(tag[1])
        .array();
  }

  private static byte[] byDefinition(byte[] key, byte[] message) {
    BigInteger clamp = new BigInteger("0ffffffc0ffffffc0ffffffc0fffffff", 16);
    BigInteger r = littleEndian(key, 0).and(clamp);
    BigInteger sum = BigInteger.ZERO;
    for (int at = 0; at < message.length; at += 16) {
      BigInteger block = littleEndian(message, at).add(BigInteger.ONE.shiftLeft(128));
      sum = sum.add(block).multiply(r).mod(PRIME);
    }
    BigInteger tag = sum.add(littleEndian(key, 16));
    byte[] bytes = new byte[16];
    for (int i = 0; i < 16; i++) {
      bytes[i] = tag.shiftRight(8 * i).byteValue();
    }
    return bytes;
  }

  private static BigInteger littleEndian(byte[] bytes, int at) {
    byte[] reversed = new byte[16];
    for (int i = 0; i < 16; i++) {
      reversed[i] = bytes[at + 15 - i];
    }
    return new BigInteger(1, reversed);
  }
}
