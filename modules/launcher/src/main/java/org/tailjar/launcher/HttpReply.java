package org.tailjar.launcher;

import java.nio.charset.StandardCharsets;

/**
 * One answer.
 *
 * @param status of RFC 9110, section 15
 */
record HttpReply(int status, String contentType, byte[] body) {
  /** A line of text. */
  static HttpReply text(int status, String line) {
    return new HttpReply(
        status, "text/plain; charset=utf-8", (line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** A JSON document. */
  static HttpReply json(byte[] document) {
    return new HttpReply(200, "application/json", document);
  }

  /** Success that has nothing to say. */
  static HttpReply noContent() {
    return new HttpReply(204, "", new byte[0]);
  }
}
