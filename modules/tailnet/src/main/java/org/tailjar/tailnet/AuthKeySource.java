package org.tailjar.tailnet;

import java.io.IOException;
import java.util.Optional;

/**
 * Where the auth key comes from. It is asked each time the node needs a key, and not before: a file
 * may have been replaced since.
 */
@FunctionalInterface
public interface AuthKeySource {
  /**
   * The key now, or empty if there is none.
   *
   * @throws IOException if the key is kept in a file that cannot be read; the message names the
   *     file and nothing of its content
   */
  Optional<Secret> read() throws IOException;

  /** No key: the state must hold a valid node, or somebody logs in by the URL. */
  static AuthKeySource none() {
    return Optional::empty;
  }

  /** A key known from the start. */
  static AuthKeySource of(Secret key) {
    return () -> Optional.of(key);
  }
}
