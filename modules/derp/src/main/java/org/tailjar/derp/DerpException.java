package org.tailjar.derp;

import java.io.IOException;

/** A relay that does not speak DERP as it should; the message is one sentence. */
public final class DerpException extends IOException {
  private static final long serialVersionUID = 1L;

  /** An error with its sentence. */
  public DerpException(String message) {
    super(message);
  }
}
