package org.tailjar.derp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The head of the HTTP/1.1 answer to an upgrade, fed byte by byte so that none of the stream behind
 * it is taken. Used by one thread.
 */
final class UpgradeResponse {

  private static final int MAX_LENGTH = 8192;

  private byte[] head = new byte[512];
  private int length;

  /**
   * Takes the next byte.
   *
   * @return whether the head is complete
   * @throws DerpException when the server refuses or talks something else
   */
  boolean take(byte next) throws DerpException {
    if (length == MAX_LENGTH) {
      throw new DerpException("the relay's HTTP answer has no end");
    }
    if (length == head.length) {
      head = Arrays.copyOf(head, 2 * length);
    }
    head[length++] = next;
    if (length < 4
        || next != '\n'
        || head[length - 2] != '\r'
        || head[length - 3] != '\n'
        || head[length - 4] != '\r') {
      return false;
    }
    String status =
        new String(head, 0, length, StandardCharsets.ISO_8859_1).lines().findFirst().orElse("");
    if (!status.startsWith("HTTP/1.1 101")) {
      throw new DerpException("the relay refused the upgrade to DERP: " + printable(status));
    }
    return true;
  }

  private static String printable(String text) {
    String clean = text.replaceAll("[^ -~]", "?");
    return clean.length() > 80 ? clean.substring(0, 80) : clean;
  }
}
