import org.jspecify.annotations.NullMarked;

/**
 * Typed keys, the Noise symmetric state, BLAKE2s, NaCl box and ChaCha20-Poly1305.
 *
 * <p>Two kinds of ciphers live here. Handshakes, DISCO and control use arrays: {@link
 * org.tailjar.crypto.ChaCha20Poly1305}, {@link org.tailjar.crypto.XChaCha20Poly1305} and {@link
 * org.tailjar.crypto.NaclBox}. Packets go through an {@link org.tailjar.crypto.Aead} over off-heap
 * memory, of which there are several implementations; {@link org.tailjar.crypto.PacketCiphers}
 * finds those that work.
 *
 * <p>JVM options give it faster packet ciphers, as {@link org.tailjar.crypto.PacketCiphers} says:
 * native access for the machine's OpenSSL and for machine code of our own, opens and exports of
 * {@code java.base} for the JDK's private vector code. Without them it does without.
 */
@NullMarked
module org.tailjar.crypto {
  requires transitive static org.jspecify;
  requires org.bouncycastle.provider;
  requires org.tailjar.assembler;

  exports org.tailjar.crypto;
}
