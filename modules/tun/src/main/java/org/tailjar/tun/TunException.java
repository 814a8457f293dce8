package org.tailjar.tun;

import java.io.IOException;

/** A TUN device could not be made; the message says in one sentence what to do. */
public final class TunException extends IOException {

  private static final long serialVersionUID = 1;

  /** What stood in the way. */
  public enum Kind {
    /** There is no {@code /dev/net/tun}. */
    NO_DEVICE,
    /** The device may not be opened: its permissions, or it is not allowed to the container. */
    DEVICE_REFUSED,
    /** The process may not make an interface: no NET_ADMIN. */
    NOT_PERMITTED,
    /** Another program has an interface of that name. */
    NAME_IN_USE,
    /** The kernel takes no such name. */
    BAD_NAME,
    /** Anything else. */
    OTHER
  }

  /** What stood in the way. */
  private final Kind kind;

  TunException(Kind kind, String message, IOException cause) {
    super(message, cause);
    this.kind = kind;
  }

  TunException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** What stood in the way. */
  public Kind kind() {
    return kind;
  }
}
