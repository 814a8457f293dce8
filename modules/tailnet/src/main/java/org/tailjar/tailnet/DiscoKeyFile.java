package org.tailjar.tailnet;

import java.nio.charset.StandardCharsets;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

/** The file of the DISCO key that the server has last told the peers of. */
final class DiscoKeyFile {

  /** In bytes; such a file has some two hundred. */
  static final int MAX_SIZE = 1 << 12;

  private static final FileFormat FORMAT = new FileFormat("tailjar-disco", 1);

  private DiscoKeyFile() {}

  static byte[] encode(DiscoPrivateKey key) {
    return FORMAT.wrap((key.secretText() + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * The key in a file.
   *
   * @throws MalformedException if it is cut, damaged or of another version; says which in one line
   */
  static DiscoPrivateKey decode(byte[] content) throws MalformedException {
    String text = new String(FORMAT.unwrap(content), StandardCharsets.US_ASCII);
    try {
      return DiscoPrivateKey.parse(text.strip());
    } catch (IllegalArgumentException e) {
      throw new MalformedException("the key in it is malformed");
    }
  }
}
