package org.tailjar.crypto;

/** A ChaCha20-Poly1305 key prepared by one {@link Aead}; immutable until it is destroyed. */
public interface AeadKey {

  /**
   * Overwrites the key. Nothing can be sealed or opened with it afterwards: contexts throw {@link
   * IllegalStateException}. Another thread may be using the key; it then either finishes with the
   * whole key or fails in the same way, and never uses a key that is half overwritten.
   */
  void destroy();
}
