package org.tailjar.launcher;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One answer.
 *
 * @param status of RFC 9110, section 15
 * @param stream what follows the body for as long as the client stays, or null
 */
record HttpReply(int status, String contentType, byte[] body, @Nullable Stream stream) {
  /** An answer that goes on. */
  interface Stream {
    /** Waits for something new, but not much longer than a second; empty when nothing came. */
    byte[] next() throws InterruptedException;
  }

  /** An answer that ends with its body. */
  HttpReply(int status, String contentType, byte[] body) {
    this(status, contentType, body, null);
  }

  /** A line of text. */
  static HttpReply text(int status, String line) {
    return new HttpReply(
        status, "text/plain; charset=utf-8", (line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** A JSON document. */
  static HttpReply json(byte[] document) {
    return new HttpReply(200, "application/json", document);
  }

  /** One JSON document, and others to follow. */
  static HttpReply stream(byte[] first, Stream stream) {
    return new HttpReply(200, "application/json", first, stream);
  }

  /** Success that has nothing to say. */
  static HttpReply noContent() {
    return new HttpReply(204, "", new byte[0]);
  }
}
