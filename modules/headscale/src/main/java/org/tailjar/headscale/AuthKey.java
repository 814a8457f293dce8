package org.tailjar.headscale;

/** A pre-auth key. Neither its text form nor any error has its content. */
public final class AuthKey {
  private final String secret;

  private AuthKey(String secret) {
    this.secret = secret;
  }

  /**
   * A key as the user gave it; white space around it is dropped.
   *
   * @throws IllegalArgumentException if it is empty; the message does not have the text
   */
  public static AuthKey of(String text) {
    String stripped = text.strip();
    if (stripped.isEmpty()) {
      throw new IllegalArgumentException("the auth key is empty");
    }
    return new AuthKey(stripped);
  }

  String secret() {
    return secret;
  }

  /** A text of somebody else without this key. */
  String redact(String text) {
    return text.replace(secret, "[auth key]");
  }

  @Override
  public String toString() {
    return "AuthKey[redacted]";
  }
}
