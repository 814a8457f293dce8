package org.tailjar.tailnet;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

/**
 * The file of the last network map: a line with the format, its version and the checksum of the
 * rest, which is the map's JSON.
 */
final class MapFile {

  /** In bytes; the map of ten thousand nodes has about ten megabytes. */
  static final int MAX_SIZE = 1 << 27;

  private static final FileFormat FORMAT = new FileFormat("tailjar-map", 1);
  private static final int MAX_HEADER = 200;

  private MapFile() {}

  static byte[] encode(byte[] json) {
    byte[] header =
        (FORMAT.header() + " " + FileFormat.checksum(json) + "\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] content = Arrays.copyOf(header, header.length + json.length);
    System.arraycopy(json, 0, content, header.length, json.length);
    return content;
  }

  /**
   * The JSON in a file.
   *
   * @throws MalformedException if it is cut, damaged or of another version; says which in one line
   */
  static byte[] decode(byte[] content) throws MalformedException {
    String start =
        new String(content, 0, Math.min(content.length, MAX_HEADER), StandardCharsets.ISO_8859_1);
    int end = start.indexOf('\n');
    String[] words = start.substring(0, Math.max(end, 0)).split(" ", -1);
    FORMAT.require(start, words.length > 1 ? words[1] : "");
    byte[] json = Arrays.copyOfRange(content, end + 1, content.length);
    if (words.length != 3 || !words[2].equals(FileFormat.checksum(json))) {
      throw new MalformedException("it is damaged: its checksum does not match");
    }
    return json;
  }
}
