package org.tailjar.systemtests;

import java.nio.file.Path;

/** The linked runtime that is tested, as {@code scripts/build} leaves it. */
public final class LinkedRuntime {

  private LinkedRuntime() {}

  /** Its directory. */
  public static Path home() {
    return Path.of(System.getProperty("tailjar.dist", "dist/tailjar"));
  }

  /** The program that a user starts. */
  public static Path launcher() {
    return home().resolve("bin").resolve("tailjar");
  }
}
