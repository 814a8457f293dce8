package org.tailjar.tailnet;

import java.io.Serial;

/** A node could not start; {@link #failure()} says why. */
public final class StartException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient StartFailure failure;

  /** An exception without a deeper cause. */
  public StartException(StartFailure failure) {
    super(failure.toString());
    this.failure = failure;
  }

  /** An exception with the error that revealed it. */
  public StartException(StartFailure failure, Throwable cause) {
    super(failure.toString(), cause);
    this.failure = failure;
  }

  /** Why. */
  public StartFailure failure() {
    return failure;
  }
}
