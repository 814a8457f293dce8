package org.tailjar.tailnet;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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

  private static final int MAX_HEADER = 200;

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

  /** A file of this format: a line with it, its version and the checksum of the rest. */
  byte[] wrap(byte[] content) {
    byte[] line = (header() + " " + checksum(content) + "\n").getBytes(StandardCharsets.US_ASCII);
    byte[] file = Arrays.copyOf(line, line.length + content.length);
    System.arraycopy(content, 0, file, line.length, content.length);
    return file;
  }

  /**
   * What was wrapped.
   *
   * @throws MalformedException if the file is cut, damaged or of another version; says which in one
   *     line
   */
  byte[] unwrap(byte[] file) throws MalformedException {
    String start =
        new String(file, 0, Math.min(file.length, MAX_HEADER), StandardCharsets.ISO_8859_1);
    int end = start.indexOf('\n');
    String[] words = start.substring(0, Math.max(end, 0)).split(" ", -1);
    require(start, words.length > 1 ? words[1] : "");
    byte[] content = Arrays.copyOfRange(file, end + 1, file.length);
    if (words.length != 3 || !words[2].equals(checksum(content))) {
      throw new MalformedException("it is damaged: its checksum does not match");
    }
    return content;
  }

  static String checksum(byte[] content) {
    return HexFormat.of().formatHex(Blake2s.hash(content));
  }
}
