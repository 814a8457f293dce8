package org.tailjar.headscale;

import java.io.IOException;

/** A handshake or a record that breaks the Noise protocol; the connection is of no further use. */
public final class NoiseException extends IOException {
  private static final long serialVersionUID = 1L;

  NoiseException(String message) {
    super(message);
  }

  NoiseException(String message, Throwable cause) {
    super(message, cause);
  }
}
