package org.tailjar.tailnet;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The auth key, read anew each time, unless it was of no use before. Used by one thread. */
final class UsableKey {
  private final AuthKeySource source;
  private final Troubles troubles;

  /** It is not sent again. */
  private @Nullable Secret useless;

  UsableKey(AuthKeySource source, Troubles troubles) {
    this.source = source;
    this.troubles = troubles;
  }

  /** The key to try; empty when there is none, or none that may be of use. */
  Optional<Secret> read() {
    try {
      return source.read().filter(key -> !key.equals(useless));
    } catch (IOException e) {
      // A key that was taken away after its use must not keep a person from logging in.
      troubles.say(Level.WARNING, "no auth key: " + Troubles.sentence(e));
      return Optional.empty();
    }
  }

  /** The server has no use for this key. */
  void useless(Secret key) {
    useless = key;
  }
}
