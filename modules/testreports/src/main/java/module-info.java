import org.jspecify.annotations.NullMarked;

/**
 * Records the tests that Surefire leaves out of its reports. No part of the product: it is on the
 * class path of every test run, and scripts/test reads what it writes.
 */
@NullMarked
module org.tailjar.testreports {
  requires transitive static org.jspecify;
  requires transitive org.junit.platform.launcher;

  exports org.tailjar.testreports;

  provides org.junit.platform.launcher.TestExecutionListener with
      org.tailjar.testreports.AbortedContainers;
}
