package org.tailjar.tailnet;

import java.util.HexFormat;
import org.tailjar.crypto.Blake2s;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

/**
 * What the files of the state have in common: each begins with the name of its format and a
 * version, and has a BLAKE2s checksum, so that one that was cut or damaged is told apart from a
 * good one at any byte, and one of a newer version from both.
 *
 * @param name what the file begins with
 * @param version the one that this program writes and reads
 */
record FileFormat(String name, int version) {

  String header() {
    return name + " " + version;
  }

  /**
   * Refuses a file that is not of this format and version.
   *
   * @param text the file, or as much of it as there is before a space or a line's end
   * @param found its version
   */
  void require(String text, String found) throws MalformedException {
    if (!text.startsWith(name + " ")) {
      throw new MalformedException("it is no state of this program");
    }
    if (!found.equals(Integer.toString(version))) {
      // Only a version that is a number can be said to be newer; anything else is damage.
      throw new MalformedException(
          found.matches("[1-9][0-9]{0,8}")
              ? "its format is version "
                  + found
                  + ", and this program knows version "
                  + version
                  + " only"
              : "it is damaged");
    }
  }

  static String checksum(byte[] content) {
    return HexFormat.of().formatHex(Blake2s.hash(content));
  }
}
