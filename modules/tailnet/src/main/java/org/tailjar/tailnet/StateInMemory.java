package org.tailjar.tailnet;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps the identity for the life of this process. */
final class StateInMemory implements StateStore {

  private @Nullable NodeIdentity identity;

  @Override
  public Optional<NodeIdentity> load() {
    return Optional.ofNullable(identity);
  }

  @Override
  public void save(NodeIdentity replacement) {
    identity = replacement;
  }

  @Override
  public void close() {
    identity = null;
  }
}
