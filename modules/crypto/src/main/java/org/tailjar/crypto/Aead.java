package org.tailjar.crypto;

/**
 * An implementation of ChaCha20-Poly1305 (RFC 8439) for the packet path. Thread-safe; the work is
 * done in contexts, one for each thread.
 */
public interface Aead {

  /** Length of the authentication tag in bytes. */
  int TAG_LENGTH = 16;

  /** Name for logs and benchmarks, such as {@code jce}. */
  String name();

  /**
   * Prepares a 32-byte key, which is copied. The result may be used by any number of contexts at
   * once.
   */
  AeadKey key(byte[] key);

  /** A new context, to be used by one thread at a time. */
  AeadContext context();
}
