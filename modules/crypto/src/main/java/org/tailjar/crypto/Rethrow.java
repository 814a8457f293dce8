package org.tailjar.crypto;

/** What method handles declare to throw, and what those of ours can throw. */
final class Rethrow {

  private Rethrow() {}

  /** Throws an error or an unchecked exception again; there is nothing else. */
  static RuntimeException unchecked(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    throw e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
  }
}
