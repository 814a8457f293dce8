package org.tailjar.transport;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A connection that could not be made; the message is one sentence for the log. */
public final class DialException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What failed. */
  public enum Reason {
    /** The host's name did not resolve to a usable address. */
    RESOLVE,
    /** No address accepted the connection. */
    CONNECT,
    /** The time was up. */
    TIMEOUT,
    /** The TLS handshake failed, the certificate included. */
    TLS,
    /** The proxy did not open a tunnel. */
    PROXY
  }

  private final Reason reason;

  DialException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What failed. */
  public Reason reason() {
    return reason;
  }
}
