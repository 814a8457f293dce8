package org.tailjar.wireguard;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import org.tailjar.crypto.Blake2s;
import org.tailjar.crypto.XChaCha20Poly1305;
import org.tailjar.wireguard.Message.CookieReply;

/**
 * Checks the MACs of handshake messages to us, and gives out cookies under load (WireGuard paper
 * 5.4.4 and 5.4.7). A cookie is good for one source: address and port.
 */
final class CookieChecker {

  private final byte[] mac1Key;
  private final byte[] cookieKey;
  private final long refreshNanos;
  private final SecureRandom secureRandom = new SecureRandom();
  private final byte[] secret = new byte[Blake2s.HASH_LENGTH];
  private boolean secretIsSet;
  private long secretSet;

  CookieChecker(byte[] publicKey, Timings timings) {
    mac1Key = Blake2s.hash(CookieGenerator.LABEL_MAC1, publicKey);
    cookieKey = Blake2s.hash(CookieGenerator.LABEL_COOKIE, publicKey);
    refreshNanos = timings.cookieRefreshTime().toNanos();
  }

  /** Whether the sender knows our public key. */
  boolean hasMac1(byte[] message) {
    int mac1At = message.length - 2 * Message.MAC_LENGTH;
    byte[] mac1 = Blake2s.mac16(mac1Key, Arrays.copyOf(message, mac1At));
    return MessageDigest.isEqual(mac1, mac(message, mac1At));
  }

  /** Whether the sender holds the cookie that we gave to this source. */
  boolean hasMac2(byte[] message, byte[] source, long now) {
    int mac2At = message.length - Message.MAC_LENGTH;
    // Most of a flood has none, which needs no computation.
    if (!isFresh(now) || isZero(message, mac2At)) {
      return false;
    }
    byte[] mac2 = Blake2s.mac16(cookie(source), Arrays.copyOf(message, mac2At));
    return MessageDigest.isEqual(mac2, mac(message, mac2At));
  }

  /** The cookie of a source, sealed for the sender of this message. */
  CookieReply reply(byte[] message, int sender, byte[] source, long now) {
    if (!isFresh(now)) {
      secureRandom.nextBytes(secret);
      secretIsSet = true;
      secretSet = now;
    }
    byte[] nonce = new byte[XChaCha20Poly1305.NONCE_LENGTH];
    secureRandom.nextBytes(nonce);
    byte[] mac1 = mac(message, message.length - 2 * Message.MAC_LENGTH);
    return new CookieReply(
        sender, nonce, XChaCha20Poly1305.seal(cookieKey, nonce, cookie(source), mac1));
  }

  private static boolean isZero(byte[] message, int from) {
    for (int i = from; i < message.length; i++) {
      if (message[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private boolean isFresh(long now) {
    return secretIsSet && now - secretSet < refreshNanos;
  }

  private byte[] cookie(byte[] source) {
    return Blake2s.mac16(secret, source);
  }

  private static byte[] mac(byte[] message, int at) {
    return Arrays.copyOfRange(message, at, at + Message.MAC_LENGTH);
  }
}
