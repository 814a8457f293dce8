package org.tailjar.launcher;

/** What the process tells whoever started it. */
final class ExitStatus {
  static final int OK = 0;
  static final int FAILURE = 1;

  /** EX_USAGE of sysexits.h. */
  static final int USAGE = 64;

  /** EX_SOFTWARE: a fault of the program. */
  static final int FAULT = 70;

  /** EX_CONFIG: only a person can mend it, trying again is of no use. */
  static final int CONFIGURATION = 78;

  private ExitStatus() {}
}
