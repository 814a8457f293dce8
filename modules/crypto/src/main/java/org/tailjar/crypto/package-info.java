/** Typed keys, the Noise symmetric state, BLAKE2s, NaCl box and ChaCha20-Poly1305. */
package org.tailjar.crypto;
