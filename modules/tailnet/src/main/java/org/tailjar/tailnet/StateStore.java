package org.tailjar.tailnet;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

/**
 * Where the identity, the last network map and the DISCO key of its time are kept. The first has
 * one writer, and the other two together.
 */
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

  /** Where that is, for messages. */
  Path place();

  /** What is kept, or empty when nothing was ever saved. */
  Optional<NodeIdentity> load() throws IOException, MalformedException;

  /**
   * The node that the incumbent's daemon left in this place, for a start at which {@link #load} is
   * empty; it is not saved yet. Empty, after a warning, when it is of no use, and when there is
   * none.
   *
   * @param serverUrl the server to join: a node of another one is of no use
   */
  Optional<NodeIdentity> takeOver(String serverUrl);

  /**
   * Replaces what is kept: after this returns, it is there after a power cut; if it throws, the old
   * one is.
   */
  void save(NodeIdentity identity) throws IOException;

  /**
   * Keeps the identity that another server knows, for the day when this node is sent back there.
   */
  void setAside(NodeIdentity identity) throws IOException;

  /** The identity that was set aside for a server, or empty. */
  Optional<NodeIdentity> loadAside(String serverUrl) throws IOException, MalformedException;

  /**
   * A network map of an earlier life.
   *
   * @param json as it was saved
   * @param savedAt when
   */
  record SavedMap(byte[] json, Instant savedAt) {}

  /**
   * The last network map, or empty when none was saved.
   *
   * @throws MalformedException if what was saved is not that any more
   */
  Optional<SavedMap> loadMap() throws IOException, MalformedException;

  /** Replaces the saved network map, as {@link #save} does. */
  void saveMap(byte[] json) throws IOException;

  /**
   * The DISCO key that peers know from their own last maps, or empty when none was saved.
   *
   * @throws MalformedException if what was saved is not that any more
   */
  Optional<DiscoPrivateKey> loadDiscoKey() throws IOException, MalformedException;

  /** Replaces the saved DISCO key, as {@link #save} does. */
  void saveDiscoKey(DiscoPrivateKey key) throws IOException;

  /** Forgets network map and DISCO key, which belong to an identity that is no more. */
  void forgetMap() throws IOException;

  @Override
  void close();
}
