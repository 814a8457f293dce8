package org.tailjar.crypto;

import java.util.HexFormat;

/** The text forms of keys: a prefix and 64 hex digits. */
final class KeyText {

  static final String PRIVATE_PREFIX = "privkey:";

  private static final HexFormat HEX = HexFormat.of();

  private KeyText() {}

  /** Reads a key. Messages name the prefix that was wanted and never the text, it may be secret. */
  static byte[] parse(String prefix, String text) {
    int digits = 2 * Key32.LENGTH;
    if (!text.startsWith(prefix) || text.length() != prefix.length() + digits) {
      throw malformed(prefix);
    }
    byte[] raw = new byte[Key32.LENGTH];
    for (int i = 0; i < raw.length; i++) {
      int high = digit(text.charAt(prefix.length() + 2 * i));
      int low = digit(text.charAt(prefix.length() + 2 * i + 1));
      if ((high | low) < 0) {
        throw malformed(prefix);
      }
      raw[i] = (byte) (high << 4 | low);
    }
    return raw;
  }

  static String format(String prefix, byte[] raw) {
    return prefix + HEX.formatHex(raw);
  }

  /** A private key of zeros is an unset field, never a key. */
  static void requireSecret(byte[] raw) {
    int bits = 0;
    for (byte b : raw) {
      bits |= b;
    }
    if (bits == 0) {
      throw new IllegalArgumentException("a private key is not all zeros");
    }
  }

  private static int digit(char c) {
    return HexFormat.isHexDigit(c) ? HexFormat.fromHexDigit(c) : -1;
  }

  private static IllegalArgumentException malformed(String prefix) {
    return new IllegalArgumentException("not a key of the form " + prefix + "<64 hex digits>");
  }
}
