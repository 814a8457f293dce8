package org.tailjar.derp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.tailjar.crypto.NaclBox;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.fuzz.FuzzTarget;
import org.tailjar.fuzz.Input;

/** Everything that a relay says. */
public final class DerpTargets {

  private static final NodePrivateKey OWN = NodePrivateKey.of(key(1));
  private static final NodePrivateKey SERVER = NodePrivateKey.of(key(2));
  private static final NaclBox BOX = DerpFrames.box(OWN, SERVER.publicKey().bytes());

  private DerpTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    return List.of(
        new FuzzTarget("derp-frames", DerpTargets::frameSeeds, DerpTargets::frames),
        new FuzzTarget("derp-upgrade", DerpTargets::upgradeSeeds, DerpTargets::upgrade));
  }

  private static byte[] key(int first) {
    byte[] key = new byte[32];
    key[0] = (byte) (8 * first);
    key[31] = 64;
    return key;
  }

  private static List<byte[]> frameSeeds() {
    byte[] nonce = new byte[NaclBox.NONCE_LENGTH];
    byte[] boxed = BOX.seal(nonce, "{\"version\":2}".getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    info.writeBytes(nonce);
    info.writeBytes(boxed);
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    stream.write(200);
    stream.writeBytes(DerpFrames.serverKey(SERVER.publicKey().bytes()));
    stream.writeBytes(DerpFrames.frame(DerpFrames.SERVER_INFO, info.toByteArray()));
    stream.writeBytes(DerpFrames.frame(DerpFrames.RECV_PACKET, new byte[100]));
    stream.writeBytes(DerpFrames.frame(DerpFrames.PING, new byte[8]));
    stream.writeBytes(DerpFrames.frame(DerpFrames.HEALTH, new byte[0]));
    ByteArrayOutputStream skipped = new ByteArrayOutputStream();
    skipped.write(255);
    skipped.writeBytes(DerpFrames.frame(99, new byte[70_000]));
    skipped.writeBytes(DerpFrames.frame(DerpFrames.KEEP_ALIVE, new byte[0]));
    return List.of(stream.toByteArray(), skipped.toByteArray());
  }

  private static void frames(byte[] bytes) {
    Input input = new Input(bytes);
    int piece = 1 + input.unsignedByte();
    DerpDecoder decoder = new DerpDecoder();
    try {
      while (!input.isEmpty()) {
        check(decoder.space() > 0, "no space for the next bytes");
        byte[] next = input.take(Math.min(piece, decoder.space()));
        System.arraycopy(next, 0, decoder.buffer(), decoder.end(), next.length);
        decoder.filled(next.length);
        while (decoder.next()) {
          check(decoder.offset() + decoder.length() <= decoder.end(), "a frame past the bytes");
          byte[] payload = decoder.payload();
          DerpFrames.openServerInfo(payload, BOX);
          if (decoder.type() == DerpFrames.SERVER_KEY) {
            check(DerpFrames.parseServerKey(payload).length == 32, "a short key");
          }
        }
      }
    } catch (DerpException e) {
      // As promised.
    }
  }

  private static List<byte[]> upgradeSeeds() {
    String good =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n"
            + "Derp-Version: 2\r\n\r\n";
    return List.of(
        good.getBytes(StandardCharsets.US_ASCII),
        "HTTP/1.1 404 Not Found\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  private static void upgrade(byte[] bytes) {
    UpgradeResponse response = new UpgradeResponse();
    try {
      for (byte next : bytes) {
        if (response.take(next)) {
          return;
        }
      }
    } catch (DerpException e) {
      String message = String.valueOf(e.getMessage());
      check(message.chars().noneMatch(Character::isISOControl), "a message of several lines");
    }
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
