package org.tailjar.wireguard;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Blake2s;
import org.tailjar.crypto.CryptoException;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.crypto.XChaCha20Poly1305;
import org.tailjar.wireguard.Message.CookieReply;

/** Puts the MACs on handshake messages to one peer (WireGuard paper 5.4.4 and 5.4.7). */
final class CookieGenerator {

  static final byte[] LABEL_MAC1 = "mac1----".getBytes(StandardCharsets.US_ASCII);
  static final byte[] LABEL_COOKIE = "cookie--".getBytes(StandardCharsets.US_ASCII);

  private final byte[] mac1Key;
  private final byte[] cookieKey;
  private final long refreshNanos;
  private byte @Nullable [] lastMac1;
  private byte @Nullable [] cookie;
  private long cookieSet;

  CookieGenerator(NodePublicKey peer, Timings timings) {
    mac1Key = Blake2s.hash(LABEL_MAC1, peer.bytes());
    cookieKey = Blake2s.hash(LABEL_COOKIE, peer.bytes());
    refreshNanos = timings.cookieRefreshTime().toNanos();
  }

  /** Fills in mac1, and mac2 if the peer gave a cookie lately. */
  void addMacs(byte[] message, long now) {
    int mac1At = message.length - 2 * Message.MAC_LENGTH;
    int mac2At = message.length - Message.MAC_LENGTH;
    byte[] mac1 = Blake2s.mac16(mac1Key, Arrays.copyOf(message, mac1At));
    System.arraycopy(mac1, 0, message, mac1At, Message.MAC_LENGTH);
    lastMac1 = mac1;
    if (cookie != null && now - cookieSet < refreshNanos) {
      byte[] mac2 = Blake2s.mac16(cookie, Arrays.copyOf(message, mac2At));
      System.arraycopy(mac2, 0, message, mac2At, Message.MAC_LENGTH);
    }
  }

  /** Takes a cookie that answers the last message; a forged one changes nothing. */
  void consume(CookieReply reply, long now) {
    if (lastMac1 == null) {
      return;
    }
    try {
      cookie = XChaCha20Poly1305.open(cookieKey, reply.nonce(), reply.encryptedCookie(), lastMac1);
    } catch (CryptoException _) {
      return;
    }
    cookieSet = now;
    // One message has one answer; a replay of it must not make an old cookie young.
    lastMac1 = null;
  }
}
