package org.tailjar.fuzz;

/** What Jazzer calls: tries inputs on the target that the property {@code tailjar.fuzz} names. */
public final class JazzerEntry {

  private static final FuzzTarget TARGET =
      FuzzTargets.named(System.getProperty("tailjar.fuzz", ""));

  private JazzerEntry() {}

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    TARGET.check().accept(input);
  }
}
