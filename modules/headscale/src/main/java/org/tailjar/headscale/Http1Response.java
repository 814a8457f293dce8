package org.tailjar.headscale;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to an HTTP/1.1 request.
 *
 * @param status the status
 * @param headers the first value of each header, by its name in lower case
 * @param body the body, empty after an upgrade
 * @param beyond what was received behind an upgrade's headers: it belongs to the new protocol
 */
record Http1Response(int status, Map<String, String> headers, byte[] body, byte[] beyond) {

  @Nullable String header(String lowerCaseName) {
    return headers.get(lowerCaseName);
  }

  /** The beginning of the body as text for a message, on one line. */
  String excerpt() {
    return excerpt(body);
  }

  static String excerpt(byte[] body) {
    String text =
        new String(body, StandardCharsets.UTF_8).replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    return text.length() > 200 ? text.substring(0, 200) : text;
  }
}
