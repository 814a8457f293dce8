package org.tailjar.crypto;

import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Thirty-two immutable bytes of a key; two of one type compare in constant time. */
abstract sealed class Key32
    permits MachinePublicKey,
        NodePublicKey,
        DiscoPublicKey,
        ChallengePublicKey,
        MachinePrivateKey,
        NodePrivateKey,
        DiscoPrivateKey {

  /** Length of a key in bytes. */
  static final int LENGTH = 32;

  private final byte[] raw;

  Key32(byte[] raw) {
    if (raw.length != LENGTH) {
      throw new IllegalArgumentException("a key has 32 bytes, not " + raw.length);
    }
    this.raw = raw.clone();
  }

  /** A copy of the 32 bytes. */
  public byte[] bytes() {
    return raw.clone();
  }

  /** The bytes themselves, not to be changed. */
  byte[] raw() {
    return raw;
  }

  int compareBytes(Key32 other) {
    return Arrays.compareUnsigned(raw, other.raw);
  }

  int hashBytes() {
    return Arrays.hashCode(raw);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Key32 key
        && key.getClass() == getClass()
        && MessageDigest.isEqual(raw, key.raw);
  }

  @Override
  public abstract int hashCode();

  @Override
  public abstract String toString();
}
