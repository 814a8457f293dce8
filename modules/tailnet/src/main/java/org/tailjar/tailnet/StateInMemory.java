package org.tailjar.tailnet;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPrivateKey;

/** Keeps the identity for the life of this process. */
final class StateInMemory implements StateStore {

  private @Nullable NodeIdentity identity;
  private final Map<String, NodeIdentity> aside = new HashMap<>();

  @Override
  public Path place() {
    return Path.of("mem:");
  }

  @Override
  public Optional<NodeIdentity> load() {
    return Optional.ofNullable(identity);
  }

  @Override
  public Optional<NodeIdentity> takeOver(String serverUrl) {
    return Optional.empty();
  }

  @Override
  public void save(NodeIdentity replacement) {
    identity = replacement;
  }

  @Override
  public void setAside(NodeIdentity replaced) {
    aside.put(replaced.serverUrl(), replaced);
  }

  @Override
  public Optional<NodeIdentity> loadAside(String serverUrl) {
    return Optional.ofNullable(aside.get(serverUrl));
  }

  @Override
  public Optional<SavedMap> loadMap() {
    return Optional.empty();
  }

  @Override
  public void saveMap(byte[] json) {
    // A map outlives the connection to the server in any case; there is no next life to keep it
    // for.
  }

  @Override
  public Optional<DiscoPrivateKey> loadDiscoKey() {
    return Optional.empty();
  }

  @Override
  public void saveDiscoKey(DiscoPrivateKey key) {
    // Nor a next life that would use it.
  }

  @Override
  public void forgetMap() {
    // None is kept.
  }

  @Override
  public void close() {
    identity = null;
  }
}
