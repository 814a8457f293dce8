package org.tailjar.tailnet;

import org.tailjar.tailnet.NodeIdentity.MalformedException;

/** The file of the last network map, which is the map's JSON. */
final class MapFile {

  /** In bytes; the map of ten thousand nodes has about ten megabytes. */
  static final int MAX_SIZE = 1 << 27;

  private static final FileFormat FORMAT = new FileFormat("tailjar-map", 1);

  private MapFile() {}

  static byte[] encode(byte[] json) {
    return FORMAT.wrap(json);
  }

  /**
   * The JSON in a file.
   *
   * @throws MalformedException if it is cut, damaged or of another version; says which in one line
   */
  static byte[] decode(byte[] content) throws MalformedException {
    return FORMAT.unwrap(content);
  }
}
