package org.tailjar.launcher;

/** How much is logged, and how. */
record LogSettings(System.Logger.Level level, Format format) {
  /** What is used unless the environment says otherwise. */
  static final LogSettings DEFAULT = new LogSettings(System.Logger.Level.INFO, Format.TEXT);

  /** The form of a line. */
  enum Format {
    /** Time, level, module and message. */
    TEXT,
    /** A JSON object. */
    JSON
  }
}
