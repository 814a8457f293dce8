package org.tailjar.linux;

/** The system calls of this module as a whole. */
public final class SystemCalls {

  private SystemCalls() {}

  /**
   * Loads JNA and links the calls. Otherwise the first call does it, which then takes some 50 ms: a
   * program that will need them can have something else done meanwhile. Any thread.
   *
   * @throws LinkageError when there is no JNA for this system
   */
  public static void load() {
    Libc.pthread_self();
  }
}
