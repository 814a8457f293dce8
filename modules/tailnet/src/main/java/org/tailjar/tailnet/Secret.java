package org.tailjar.tailnet;

import java.util.Objects;

/**
 * A text that must never reach a log, an exception or a status: an auth key, for example. Only
 * {@link #reveal()} gives the text, so that every use of it can be found by name.
 */
public final class Secret {
  private final String text;

  private Secret(String text) {
    this.text = text;
  }

  /**
   * Wraps a text.
   *
   * @throws IllegalArgumentException if the text is blank (the message holds nothing of it)
   */
  public static Secret of(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("a secret must not be blank");
    }
    return new Secret(text);
  }

  /** The text itself. */
  public String reveal() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && secret.text.equals(text);
  }

  @Override
  public int hashCode() {
    return Objects.hash(Secret.class, text);
  }

  /** A fixed text. */
  @Override
  public String toString() {
    return "[redacted]";
  }
}
