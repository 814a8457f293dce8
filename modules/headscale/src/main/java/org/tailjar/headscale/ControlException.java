package org.tailjar.headscale;

import java.io.IOException;
import java.time.Duration;

/**
 * The server answered, but not with what was asked for; the message is one sentence for the log.
 * Worth another attempt later, as every IOException of this module is.
 */
public final class ControlException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final Duration retryAfter;

  ControlException(String message) {
    this(message, 0, Duration.ZERO);
  }

  ControlException(String message, Throwable cause) {
    super(message, cause);
    this.status = 0;
    this.retryAfter = Duration.ZERO;
  }

  ControlException(String message, int status, Duration retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** The HTTP status, or 0 when it was not the status that was wrong. */
  public int status() {
    return status;
  }

  /** How long the server asks to be left alone (429); zero when it does not. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
