package org.tailjar.linux;

import java.io.IOException;

/** A system call that failed. */
public final class LinuxException extends IOException {

  private static final long serialVersionUID = 1;

  /** The error number, see {@link Errno}. */
  private final int errno;

  /**
   * An error with a sentence of the C library's own.
   *
   * @param errno the error number
   * @param call what was tried, such as {@code open /dev/net/tun}
   */
  public LinuxException(int errno, String call) {
    this(errno, call, "");
  }

  /**
   * An error of which the kernel itself says more.
   *
   * @param errno the error number
   * @param call what was tried
   * @param detail the kernel's own words, may be empty
   */
  public LinuxException(int errno, String call, String detail) {
    super(
        call
            + ": "
            + Libc.strerror(errno)
            + (detail.isEmpty() ? "" : " (" + detail + ")")
            + " [errno "
            + errno
            + "]");
    this.errno = errno;
  }

  /** The error of the last call on this thread. */
  static LinuxException last(String call) {
    return new LinuxException(Libc.errno(), call);
  }

  /** The error number, see {@link Errno}. */
  public int errno() {
    return errno;
  }
}
