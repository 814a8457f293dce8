package org.tailjar.headscale;

/**
 * Replaces each half of a surrogate pair that stands alone in JSON by U+FFFD: it is no character,
 * and no text with it can be written again. Go does the same.
 */
final class Surrogates {

  private static final byte[] REPLACEMENT_ESCAPE = {'f', 'f', 'f', 'd'};
  private static final byte[] REPLACEMENT = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

  private Surrogates() {}

  /** The same JSON where nothing is amiss, otherwise a copy of the same length. */
  static byte[] mended(byte[] json) {
    byte[] mended = json;
    for (int i = 0; i < json.length; i++) {
      if (json[i] == '\\') {
        int unit = unit(json, i);
        if (Character.isHighSurrogate((char) unit)
            && Character.isLowSurrogate((char) unit(json, i + 6))) {
          i += 11;
        } else if (unit >= 0 && Character.isSurrogate((char) unit)) {
          mended = replace(json, mended, i + 2, REPLACEMENT_ESCAPE);
          i += 5;
        } else {
          i++; // what is escaped is no backslash that escapes
        }
      } else if (json[i] == (byte) 0xED && i + 2 < json.length && (json[i + 1] & 0xE0) == 0xA0) {
        // UTF-8 has no form for them; this is the one that it would have.
        mended = replace(json, mended, i, REPLACEMENT);
        i += 2;
      }
    }
    return mended;
  }

  /** The code unit of an escape that begins here, or -1. */
  private static int unit(byte[] json, int at) {
    if (at + 6 > json.length || json[at] != '\\' || json[at + 1] != 'u') {
      return -1;
    }
    int unit = 0;
    for (int i = at + 2; i < at + 6; i++) {
      int digit = Character.digit(json[i], 16);
      if (digit < 0) {
        return -1;
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }

  private static byte[] replace(byte[] json, byte[] mended, int at, byte[] by) {
    byte[] target = mended == json ? json.clone() : mended;
    System.arraycopy(by, 0, target, at, by.length);
    return target;
  }
}
