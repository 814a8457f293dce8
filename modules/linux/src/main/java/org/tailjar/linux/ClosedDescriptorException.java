package org.tailjar.linux;

import java.io.IOException;

/** A file descriptor was used after it had been closed. */
public final class ClosedDescriptorException extends IOException {

  private static final long serialVersionUID = 1;

  ClosedDescriptorException(String name) {
    super(name + " is closed");
  }
}
