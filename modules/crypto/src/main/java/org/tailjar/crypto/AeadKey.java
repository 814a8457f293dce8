package org.tailjar.crypto;

/** A ChaCha20-Poly1305 key prepared by one {@link Aead}; immutable until it is destroyed. */
public interface AeadKey {

  /** Overwrites the key. Nothing can be sealed or opened with it afterwards. */
  void destroy();
}
