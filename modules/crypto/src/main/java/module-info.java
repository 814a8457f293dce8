import org.jspecify.annotations.NullMarked;

/** Typed keys, the Noise symmetric state, BLAKE2s, NaCl box and ChaCha20-Poly1305. */
@NullMarked
module org.tailjar.crypto {
  requires transitive static org.jspecify;
  requires org.bouncycastle.provider;

  exports org.tailjar.crypto;
}
