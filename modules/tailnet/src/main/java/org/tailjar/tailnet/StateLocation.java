package org.tailjar.tailnet;

import java.nio.file.Path;

/** Where the node keeps its keys and the last network map. */
public sealed interface StateLocation {
  /** A directory, made when absent (mode 0700). */
  record Directory(Path path) implements StateLocation {}

  /** Nowhere: a new node at each start. */
  record Memory() implements StateLocation {}
}
