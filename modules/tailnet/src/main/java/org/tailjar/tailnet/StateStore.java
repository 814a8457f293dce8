package org.tailjar.tailnet;

import java.io.IOException;
import java.util.Optional;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

/** Where the identity is kept. Owned by the thread that talks to the server. */
sealed interface StateStore extends AutoCloseable permits StateDirectory, StateInMemory {

  /**
   * Opens the place.
   *
   * @throws StartException when it cannot be written, is in use, or holds something that cannot be
   *     understood
   */
  static StateStore open(StateLocation location) {
    return switch (location) {
      case StateLocation.Directory(var path) -> StateDirectory.open(path);
      case StateLocation.Memory() -> new StateInMemory();
    };
  }

  /** What is kept, or empty when nothing was ever saved. */
  Optional<NodeIdentity> load() throws IOException, MalformedException;

  /**
   * Replaces what is kept: after this returns, it is there after a power cut; if it throws, the old
   * one is.
   */
  void save(NodeIdentity identity) throws IOException;

  @Override
  void close();
}
