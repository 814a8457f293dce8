package org.tailjar.fuzz;

/** What Jazzer calls: tries inputs on the target that the property {@code tailjar.fuzz} names. */
public final class JazzerEntry {

  private static final FuzzTarget TARGET =
      FuzzTargets.named(System.getProperty("tailjar.fuzz", ""));

  private JazzerEntry() {}

  /** Loads what the target needs, before inputs are timed. */
  public static void fuzzerInitialize() throws Exception {
    TARGET.check().accept(new byte[0]);
  }

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    TARGET.check().accept(input);
  }
}
